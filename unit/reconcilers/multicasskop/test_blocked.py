"""How many deletions wait for each member."""

from multicasskop.informers.key import Key
from multicasskop.informers.metrics import Metrics
from multicasskop.reconcilers.multicasskop.blocked import Blocked
from multicasskop.reconcilers.multicasskop.metrics import MULTICASSKOP_FAMILIES
from prometheus_client import CollectorRegistry

ONE, OTHER = Key("a", "one"), Key("a", "other")


def test_gauge_follows_the_deletions() -> None:
    """Each deletion counts once for each member that it waits for, as long as it waits; unknown names are one."""
    registry = CollectorRegistry()
    blocked = Blocked(Metrics("m", registry, MULTICASSKOP_FAMILIES))

    def counted(member: str) -> float | None:
        return registry.get_sample_value("m_deletions_blocked", {"member": member})

    blocked.saw(ONE, (), ["c1", "c2"])
    assert counted("c2") is None, "what is at rest makes no series"
    blocked.saw(ONE, ["c2", "look-alike", "another"], ["c1", "c2"])
    blocked.saw(OTHER, ["c2"], ["c1", "c2"])
    assert [counted(name) for name in ("c1", "c2", "_unregistered")] == [0, 2, 1]
    blocked.saw(OTHER, ["c2"], ["c1", "c2"])
    assert counted("c2") == 2
    blocked.saw(ONE, (), ["c1", "c2"])
    blocked.saw(OTHER, (), ["c1", "c2"])
    assert [counted(name) for name in ("c1", "c2", "_unregistered")] == [0, 0, 0]
