"""Names of the families in conf/family by kind, for tests that apply to some kinds only."""

from scaling_lab.config.registry import list_names

FAMILIES = list_names("family")
SMALL = [name for name in FAMILIES if name.endswith("_small") and name.removesuffix("_small") in FAMILIES]
TINY = [name for name in FAMILIES if name.endswith("_tiny")]
HALF = ["resnet18_half"]
PUBLISHED = [name for name in FAMILIES if name not in (*SMALL, *TINY, *HALF)]
"""Networks that a paper or another library has, with the forms for CIFAR."""
