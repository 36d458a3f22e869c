"""Every class that enters a result key has a tag of its own."""

from dataclasses import dataclass, fields, is_dataclass, replace

import pytest

from scaling_lab.config import registry
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.networks import block_layers, blocks
from scaling_lab.networks.layers import Layer
from scaling_lab.networks.network import Network
from scaling_lab.networks.tags import TAGS, tag_of, tagged
from scaling_lab.store.keys import result_key
from scaling_lab.store.schema import DataRef, Point


def reachable(value: object) -> set[type]:
    """Return the classes of all dataclasses inside a value."""
    if isinstance(value, tuple):
        return {cls for part in value for cls in reachable(part)}
    if not is_dataclass(value):
        return set()
    return {type(value)} | {cls for field in fields(value) for cls in reachable(getattr(value, field.name))}


def family(name: str) -> Network:
    network: Network = registry.build_value("family", registry.read_yaml("family", name), name)
    return network


def point(network: Network) -> Point:
    return Point(network, DataRef("some", "0" * 16), resolve_hyperparameters(Recipe(), network, 9000), 0)


def test_no_two_classes_of_points_share_a_tag() -> None:
    classes = {cls for name in registry.list_names("family") for cls in reachable(point(family(name)))}
    tags = {cls.__dict__["tag"] for cls in classes}
    assert len(tags) == len(classes) >= 12
    assert {TAGS[tag] for tag in tags} == classes


def test_a_second_class_with_the_same_tag_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"'Basic'.*scaling_lab\.networks\.blocks\.Basic"):

        @tagged("Basic")
        @dataclass(frozen=True)
        class Other:
            pass


def test_a_block_of_the_same_name_and_fields_is_another_network() -> None:
    """A block whose class has the name, but not the tag, of a known one must not take over its results."""

    @dataclass(frozen=True)
    class Basic:
        act: str = "relu"

        def layers(self, at: block_layers.BlockContext) -> tuple[Layer, ...]:
            return block_layers.conv_norm("conv", at.inputs, at.outputs, at, kernel=3, stride=at.stride)

    def in_place(network: Network, block: block_layers.Block) -> Network:
        stages = tuple(replace(stage, blocks=tuple(block for _ in stage.blocks)) for stage in network.stages)
        return replace(network, stages=stages)

    known, other = family("resnet18"), in_place(family("resnet18"), Basic())
    with pytest.raises(TypeError, match="Basic has no tag"):
        result_key(point(other))
    named = in_place(family("resnet18"), tagged("test_tags.Basic")(Basic)())
    assert result_key(point(named)) != result_key(point(known))


def test_a_tag_is_not_inherited() -> None:
    @dataclass(frozen=True)
    class Wider(blocks.BasicBlock):
        pass

    with pytest.raises(TypeError, match="has no tag"):
        tag_of(Wider())


def test_two_classes_of_one_name_cannot_share_a_tag() -> None:
    def make() -> type:
        @tagged("test_tags.Local")
        class Local:
            pass

        return Local

    first = make()
    with pytest.raises(TypeError, match=r"test_tags\.Local"):
        make()
    assert tag_of(first()) == "test_tags.Local"
