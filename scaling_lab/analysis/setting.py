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

    def __str__(self) -> str:
        lr = "" if self.lr_times == 1 else f", learning rate times {self.lr_times:g}"
        dataset = f"data set {UNKNOWN}" if self.dataset == UNKNOWN else self.dataset
        return f"{dataset}, recipe {self.recipe}{lr}, rounding {self.rounding}"
