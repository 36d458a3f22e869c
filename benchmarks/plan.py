"""Time of planning 1,000 questions, compared with composing all of them with Hydra: `python benchmarks/plan.py`."""

import sys
from pathlib import Path
from time import perf_counter

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from hydra_plugins.scaling_lab_plugins.axes import parse_axes
from hydra_plugins.scaling_lab_plugins.combinations import compose_axes
from scaling_lab.study.plan import plan_study
from scaling_lab.study.questions import make_question

CONF = Path(__file__).resolve().parents[1] / "conf"
AXES = (
    "family=mobilenet_v1_small,resnet18_small,efficientnet_b0_small,resnet50_small",
    "rule=width,compound,fast,uniform,multipliers",
    "times_flops=1.5,2,2.5,3,4",
    "seed=range(0,10)",
)
COMPOSED = 20


def main() -> None:
    """Print the seconds of each part."""
    with initialize_config_dir(str(CONF), version_base=None):
        hydra = GlobalHydra.instance()
        master = hydra.hydra.compose_config("config", [], RunMode.MULTIRUN)
        HydraConfig.instance().set_config(master)
        loader = hydra.config_loader()
        began = perf_counter()
        configs = list(compose_axes(parse_axes(AXES, loader), loader, master))
        print_time("to configs", began, len(configs))
        began = perf_counter()
        questions = [make_question(composed.config, composed.chosen) for composed in configs]
        print_time("to questions", began, len(questions))
        began = perf_counter()
        planned = plan_study("benchmark", AXES, questions)
        print_time(f"to a plan of {len(planned.points)} points", began, len(questions))
        began = perf_counter()
        for composed in configs[:COMPOSED]:
            loader.load_sweep_config(master, list(composed.overrides))
        print_time("composed one by one, once each (Hydra's sweeper: twice)", began, COMPOSED)


def print_time(what: str, began: float, count: int) -> None:
    """Print seconds for all and milliseconds for one."""
    took = perf_counter() - began
    print(f"{count:5} {what}: {took:.2f} s, {1000 * took / count:.2f} ms each")


if __name__ == "__main__":
    sys.exit(main())
