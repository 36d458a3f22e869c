"""`lab.figure`: one figure of a study."""

from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, require_verdict_arguments, to_folder
from scaling_lab.errors import unknown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(
    results: str | Path,
    kind: str,
    *,
    width: str | None = None,
    to: str | Path | None = None,
    contrasts: str | None = None,
    delta: float | None = None,
    metric: str = "accuracy",
    mixed_devices: bool = False,
) -> "Figure":
    """Draw one figure of a study.

    Args:
        results: Results folder, such as "results/quick".
        kind: Which figure; `scaling-lab figure --help` lists them.
        width: "column" (3.25 inches) or "page" (6.75 inches); None for what suits the number of panels.
        to: File to write, which ends in .png, .svg or .pdf; None for none.
        contrasts: Pairs of rules to test, such as "compound-width,compound-depth"; None are those of the plan, or all.
        delta: Smallest difference that matters, in percentage points (nats of loss); None is that of the plan.
        metric: What is compared: accuracy, loss or top5.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        The figure, of matplotlib.

    Raises:
        UserError: No such folder, no plan in it, an unknown kind, width, format, metric or rule, a study that lacks
            what the figure shows, or results of several devices.

    Examples:
        >>> import scaling_lab as lab
        >>> lab.figure("results/quick-reference", "accuracy_flops", width="column").get_figwidth()
        3.25
    """
    from scaling_lab.analysis.study_comparison import read_study_comparison
    from scaling_lab.report.figures import MAPS_KIND, WIDTHS, draw_figure, find_format, require_kind, write_figure

    require_verdict_arguments(metric, contrasts)
    require_type("kind", kind, str, 'the name of a figure, such as "accuracy_flops"')
    require_kind(kind)
    widths = {name: name for name in WIDTHS}
    if width is not None and width not in widths:
        raise unknown_name("width", str(width), widths)
    if to is not None:
        find_format(Path(to))
    study = read_study_comparison(to_folder(results), mixed_devices, contrasts=contrasts, delta=delta, metric=metric)
    maps = None
    if kind == MAPS_KIND:
        from scaling_lab.study.class_maps import compute_class_maps

        maps = compute_class_maps(to_folder(results))
    drawn = draw_figure(study, kind, None if width is None else widths[width], maps)
    if to is not None:
        write_figure(drawn, Path(to))
    return drawn.figure
