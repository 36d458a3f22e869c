"""What a plan found out about the factories of its networks: what they scale, and on which grid."""

from collections.abc import Iterator
from dataclasses import replace

from scaling_lab.formatting import join_words, pluralize
from scaling_lab.networks.module_network import ModuleFactory, ModuleNetwork
from scaling_lab.networks.scaling.fit_module import scaled_dimensions
from scaling_lab.study.plan import Study


def factory_lines(study: Study) -> Iterator[str]:
    """Yield a line for each factory of a study."""
    factories: dict[ModuleFactory, ModuleNetwork] = {}
    for planned in study.points.values():
        network = planned.point.network
        if isinstance(network, ModuleNetwork):
            factories.setdefault(network.factory, replace(network, depth=1.0, width=1.0))
    for factory, network in factories.items():
        once, twice = (factory.count(replace(network, depth=depth)) for depth in (1.0, 2.0))
        yield (
            f"{factory}: scales {join_words(scaled_dimensions(network)) or 'nothing'}; sides are multiples of "
            f"{network.total_stride} px; {pluralize(once.layers, 'layer')} at depth 1, {twice.layers} at depth 2"
        )
