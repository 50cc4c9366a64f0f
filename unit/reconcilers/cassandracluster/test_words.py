"""The words of a status, which people and the Go CassKop read as well."""

import pytest
from multicasskop.reconcilers.cassandracluster.words import UPDATES, Action, Phase, Status, SubPhase

UPDATING = "UpdateConfigMap UpdateDockerImage UpdateSeedList RollingRestart UpdateResources UpdateStatefulSet"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(Phase, "Initializing Running Pending", id="phases"),
        pytest.param(SubPhase, "FirstPodPerRack NextPodPerRack", id="sub-phases"),
        pytest.param(
            Action,
            f"Initializing {UPDATING} ScaleUp ScaleDown ActionDeleteDC CorrectCRDConfig StorageUpsize",
            id="actions",
        ),
        pytest.param(Status, "ToDo Ongoing Continue Configuring Finalizing Done Manual Error", id="statuses"),
    ],
)
def test_words_are_those_of_the_go_casskop(kind: type[Phase | SubPhase | Action | Status], words: str) -> None:
    """Each word is written as CassKop writes it, and there is no other."""
    assert [str(word) for word in kind] == words.split()


def test_updates() -> None:
    """Six actions change the pods of a StatefulSet; those that change its size or its claims are none of them."""
    assert sorted(UPDATES) == sorted(UPDATING.split())
