"""The settings that two rules must share to be compared."""

from dataclasses import dataclass

from scaling_lab.store.imported import UNKNOWN

SETTING_COLUMNS = ["family", "dataset", "recipe", "rounding", "lr_times"]


@dataclass(frozen=True)
class Setting:
    """Settings that two rules must share to be compared. `lr_times` multiplies the recipe's learning rate."""

    family: str
    dataset: str
    recipe: str
    rounding: str
    lr_times: float

    @property
    def parts(self) -> dict[str, str]:
        """The settings in words, without the family."""
        return {
            "dataset": f"data set {UNKNOWN}" if self.dataset == UNKNOWN else self.dataset,
            "recipe": f"recipe {self.recipe}",
            "lr_times": f"learning rate times {self.lr_times:g}",
            "rounding": f"rounding {self.rounding}",
        }

    def __str__(self) -> str:
        return ", ".join(part for name, part in self.parts.items() if name != "lr_times" or self.lr_times != 1)
