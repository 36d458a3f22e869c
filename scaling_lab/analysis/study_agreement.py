"""The agreement of rankings in one or several results folders: what `scaling-lab agree` and `lab.agreement` show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scaling_lab.analysis.agreement import Agreement, measure_agreements
from scaling_lab.analysis.places import list_places, parse_axes
from scaling_lab.analysis.several_folders import label_folders
from scaling_lab.analysis.study_comparison import StudyComparison, read_study_comparison


@dataclass(frozen=True, eq=False)
class StudyAgreement:
    """The rankings of rules in several studies.

    Attributes:
        studies: The studies by name.
        across: Axes in which two places may differ together; empty for each axis alone.
    """

    studies: dict[str, StudyComparison]
    across: tuple[str, ...] = ()

    @cached_property
    def agreements(self) -> list[Agreement]:
        """The agreement of every two places."""
        places = [place for name, study in self.studies.items() for place in list_places(name, study.evidence)]
        return measure_agreements(places, self.across)

    @property
    def notes(self) -> list[str]:
        """Sentences on what did not learn, what is missing, and what was ignored."""
        notes: list[str] = []
        for name, study in self.studies.items():
            prefix = f"{name}: " if len(self.studies) > 1 else ""
            sentences = (*study.folder.unlearned, *study.folder.notes, *study.evidence.notes)
            notes += [prefix + sentence for sentence in sentences]
        return notes

    def record_looks(self, command: str) -> None:
        """Record a look at each study.

        Args:
            command: What shows the results.
        """
        for study in self.studies.values():
            study.folder.record_look(command)


def read_study_agreement(
    results: Sequence[Path], across: str | None = None, mixed_devices: bool = False, name: str = "--across"
) -> StudyAgreement:
    """Read results folders.

    Args:
        results: The folders. A study has the name of its folder, or its path if two names agree.
        across: Axes in which two settings may differ together, with commas; None for each axis alone.
        mixed_devices: Whether results of several devices may be compared.
        name: Name of the option `across`, for messages.

    Raises:
        UserError: A folder cannot be read or is given twice, or an axis is unknown.
    """
    axes = () if across is None else parse_axes(name, across)
    folders = label_folders(results)
    return StudyAgreement({name: read_study_comparison(path, mixed_devices) for name, path in folders.items()}, axes)
