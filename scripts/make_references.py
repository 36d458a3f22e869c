"""Write tests/references/networks.json: counts and outputs of this project's families in torchvision and timm.

How to run, in a virtual environment with torch, torchvision, timm and fvcore (the project itself needs only torch):

    python scripts/make_references.py

Each entry of the file is one network at one input side: its parameters, its counts by fvcore (batch 1, eval mode),
and for some networks ("parity") the outputs for two fixed images, with the weights of tests/references/fill.py.
Those weights follow the order of layers, and this script checks that registration order is the order of execution.

To add a family, build it in references/residual.py or inverted_residual.py, register it in build.py, and add its
networks to questions.py.
"""

import copy
import json
import logging
import sys
from importlib.metadata import version
from pathlib import Path

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "tests" / "references" / "networks.json"
sys.path.insert(0, str(ROOT))

from scripts.references.build import build  # noqa: E402
from scripts.references.question import Question  # noqa: E402
from scripts.references.questions import questions  # noqa: E402
from tests.references.fill import WEIGHED, fill, picture  # noqa: E402


def count(module: nn.Module, side: int) -> dict[str, int]:
    """Return parameters and fvcore's counts at batch 1; `flops` are multiply-adds of convolutions and linear layers."""
    pictures = torch.zeros(1, 3, side, side)
    operations = quiet(FlopCountAnalysis(module, pictures))
    by_operator = operations.by_operator()
    return {
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "flops": int(by_operator["conv"] + by_operator["linear"]),
        "flops_fvcore": int(operations.total()),
        "activations": int(quiet(ActivationCountAnalysis(module, pictures)).total()),
    }


def quiet(analysis: FlopCountAnalysis) -> FlopCountAnalysis:
    """Return `analysis` without its warnings on operators that it does not count."""
    return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)


def outputs(module: nn.Module, side: int) -> dict[str, object]:
    """Return the first eight logits of each image and the mean absolute logit over all."""
    logits = module(picture(side))
    return {
        "logits": [[seven_digits(value) for value in row] for row in logits[:, :8]],
        "mean_abs": seven_digits(logits.abs().mean()),
    }


def seven_digits(value: Tensor) -> float:
    """Return a float with 7 significant digits."""
    return float(f"{value.item():.7g}")


def check_order(module: nn.Module, side: int) -> None:
    """Raise a ValueError unless the leaf modules run in the order of registration."""
    registered = [leaf for leaf in module.modules() if isinstance(leaf, WEIGHED)]
    ran: list[nn.Module] = []
    hooks = [leaf.register_forward_hook(lambda leaf, *_: ran.append(leaf)) for leaf in registered]
    module(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    if [id(leaf) for leaf in ran] != [id(leaf) for leaf in registered]:
        raise ValueError("layers are not registered in the order in which they run")


def check_rounding(module: nn.Module, side: int) -> None:
    """Raise a ValueError where outputs differ from those in float64 by more than 1e-3."""
    exact = copy.deepcopy(module).double()(picture(side).double())
    error = float((module(picture(side)) - exact).abs().max())
    if error > 1e-3:
        raise ValueError(f"outputs depend on rounding: {error:.1g} away from those of float64")


def head_width(module: nn.Module) -> int:
    """Return the number of inputs of the classifier."""
    return [leaf.in_features for leaf in module.modules() if isinstance(leaf, nn.Linear)][-1]


def entry(question: Question) -> dict[str, object]:
    """Return one object of the file."""
    with torch.device("meta"):  # initial weights would take most of the time
        answer = build(question)
    module = answer.module.to_empty(device="cpu").eval().requires_grad_(False)
    if question.outputs:
        check_order(fill(module, question.gain), 64)
        check_rounding(module, question.side)
    return {
        "name": question.name,
        "library": f"{answer.library} {version(answer.library)}",
        "family": question.family,
        "depths": answer.depths,
        "depth": question.depth,
        "width": question.width,
        "side": question.side,
        "classes": question.classes,
        "norm_eps": question.norm_eps,
        "head": head_width(module),
        **count(module, question.side),
        **({} if question.gain == 1 else {"gain": question.gain}),
        "outputs": outputs(module, question.side) if question.outputs else None,
    }


def write(entries: list[dict[str, object]]) -> None:
    """Write the file with one field per line and lists of numbers on one line."""
    OUTPUT.write_text("[\n" + ",\n".join(pretty(row) for row in entries) + "\n]\n")


def pretty(row: dict[str, object]) -> str:
    """Return one object as text."""
    fields = [f'    "{key}": {json.dumps(value)}' for key, value in row.items()]
    return "  {\n" + ",\n".join(fields) + "\n  }"


def main() -> None:
    """Build all networks, print one line for each, and write the file."""
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)  # faster at batch 1, and much faster next to other jobs
    entries = []
    with torch.no_grad():
        for question in questions():
            entries.append(entry(question))
            print(question.name, f"{entries[-1]['flops']:,}", flush=True)
    names = [row["name"] for row in entries]
    if len(set(names)) < len(names):
        raise ValueError(f"duplicate names: {sorted({name for name in names if names.count(name) > 1})}")
    write(entries)


if __name__ == "__main__":
    main()
