"""Former names of classes and functions in files of users still work."""

import pytest

from scaling_lab.config import registry


def test_a_former_target_works_and_logs_the_present_one(caplog: pytest.LogCaptureFixture) -> None:
    recipe = registry.read_yaml("recipe", "short")
    expected = registry.build_value("recipe", recipe)
    assert not caplog.messages
    assert registry.build_value("recipe", recipe | {"_target_": "scaling_lab.recipe.Recipe"}) == expected
    (message,) = caplog.messages
    assert "scaling_lab.recipe.Recipe" in message
    assert "scaling_lab.config.recipe.Recipe" in message


@pytest.mark.parametrize(
    ("group", "former"),
    [
        ("rule", "rules.multipliers.Multipliers"),
        ("rule", "rules.shares.Shares"),
        ("rule", "rules.shares.compound"),
        ("rule", "rules.shares.fast"),
        ("rule", "rules.shrinking.shrinking"),
        ("recipe", "recipe.Recipe"),
        ("dataset", "data.cifar.cifar10"),
        ("dataset", "data.cifar.cifar100"),
        ("dataset", "data.fashion_mnist.fashion_mnist"),
        ("dataset", "data.fashion_mnist.fashion_mnist_10k"),
        ("dataset", "data.fashion_mnist_full.fashion_mnist_full"),
        ("dataset", "data.image_folder.image_folder"),
        ("dataset", "data.streamed.streamed"),
        ("engine", "engine.local.Local"),
        ("engine", "engine.slurm.Slurm"),
    ],
)
def test_every_former_target_exists(group: str, former: str) -> None:
    content = {"_target_": f"scaling_lab.{former}"}
    present = [registry.read_yaml(group, name) for name in registry.list_names(group)]
    names = set(registry.setting_names(group, content))
    assert names in [set(registry.setting_names(group, other)) for other in present]
