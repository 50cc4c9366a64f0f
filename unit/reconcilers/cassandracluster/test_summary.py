"""The status of the whole, from those of its racks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster.status import CassandraClusterStatus, LastAction, RackStatus
from multicasskop.reconcilers.cassandracluster.rack_status import NEW, is_finished
from multicasskop.reconcilers.cassandracluster.summary import Summary, summary
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status, SubPhase

BEFORE = CassandraClusterStatus(last_cluster_action="ScaleUp", last_cluster_action_status="Done")


def rack(phase: str | None = "Running", action: str = "ScaleUp", status: str | None = "Done") -> RackStatus:
    """A rack that is so far."""
    return RackStatus(phase=phase, cassandra_last_action=LastAction(name=action, status=status))


RUNS = rack()
NEXT = NEW.model_copy(update={"initializing_sub_phase": SubPhase.NEXT_POD})
RESOURCES = "UpdateResources"


@pytest.mark.parametrize(
    ("racks", "expected"),
    [
        pytest.param([RUNS, RUNS], Summary("Running", None, "ScaleUp", "Done"), id="all run"),
        pytest.param(
            [NEW, NEW], Summary("Initializing", "FirstPodPerRack", "Initializing", "Ongoing"), id="all are new"
        ),
        pytest.param(
            [NEXT, NEW], Summary("Initializing", "NextPodPerRack", "Initializing", "Ongoing"), id="the first tells"
        ),
        pytest.param(
            [RUNS, NEW], Summary("Initializing", "FirstPodPerRack", "Initializing", "Ongoing"), id="a new datacenter"
        ),
        pytest.param(
            [rack("Pending", "ScaleUp", "Ongoing"), NEW],
            Summary("Pending", None, "ScaleUp", "Ongoing"),
            id="the first that does not run gives phase and action",
        ),
        pytest.param(
            [rack("Pending", RESOURCES, "Ongoing"), rack(action=RESOURCES, status="ToDo")],
            Summary("Pending", None, RESOURCES, "Ongoing"),
            id="what goes on, not what comes after it",
        ),
        pytest.param(
            [rack(action=RESOURCES, status="ToDo"), rack(action="UpdateSeedList", status="Configuring")],
            Summary("Running", None, "UpdateSeedList", "Configuring"),
            id="all run: the last that is not done",
        ),
        pytest.param(
            [RUNS, rack(action=RESOURCES, status="ToDo"), RUNS],
            Summary("Running", None, RESOURCES, "ToDo"),
            id="one is due",
        ),
        pytest.param(
            [rack("Pending"), rack(action=RESOURCES, status="ToDo")],
            Summary("Pending", None, RESOURCES, "ToDo"),
            id="a pod is away, and something is due elsewhere",
        ),
        pytest.param(
            [RUNS, rack("Pending")], Summary("Pending", None, "ScaleUp", "Done"), id="a pod is away, nothing is due"
        ),
        pytest.param(
            [RUNS, rack(None)], Summary("Pending", None, "ScaleUp", "Done"), id="a rack of which nothing is said"
        ),
    ],
)
def test_summary(racks: list[RackStatus], expected: Summary) -> None:
    """The phase is that of the first rack that does not run; the action is looked for up to that rack first."""
    assert summary(BEFORE, racks) == expected


def test_nothing_is_known_before() -> None:
    """A cluster whose racks have no action has none, and is not done while one of them does not run."""
    assert summary(CassandraClusterStatus(), [rack("Pending")]) == Summary("Pending", None, "", "Ongoing")


@given(
    racks=st.lists(
        st.builds(
            rack,
            st.sampled_from([*map(str, Phase), None]),
            st.sampled_from(list(map(str, Action))),
            st.sampled_from([*map(str, Status), None]),
        ),
        min_size=1,
        max_size=5,
    ),
    told=st.sampled_from([*map(str, Status), None]),
)
def test_running_and_done_law(racks: list[RackStatus], told: str | None) -> None:
    """Running and Done together say that every rack runs and is finished, whatever was said before; and all that do."""
    found = summary(CassandraClusterStatus(last_cluster_action_status=told), racks)
    whole = all(each.phase == Phase.RUNNING and is_finished(each) for each in racks)
    assert ((found.phase, found.status) == (Phase.RUNNING, Status.DONE)) == whole
