"""The kinds that benchmarks cache and watch, under the names by which their consumers are asked for them."""

from multicasskop.world.kinds import CASSANDRACLUSTERS, Kind

TEMPLATES = Kind("", "v1", "podtemplates")
"""A built-in kind with much in it, and with no controller that would act on it."""
KINDS = {kind.plural: kind for kind in (CASSANDRACLUSTERS, TEMPLATES)}
