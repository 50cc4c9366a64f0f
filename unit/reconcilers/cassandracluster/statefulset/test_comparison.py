"""What must be changed on a living StatefulSet, and what cannot be."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from fakes.cassandra import cluster, container, dc, generated, mounts, plan, topology
from fakes.patches import apply_merge_patch
from fakes.server_defaults import stored
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.statefulset import statefulset
from multicasskop.reconcilers.cassandracluster.statefulset.comparison import difference, forbidden
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import ANNOTATION, original

Json = dict[str, Any]
Path = tuple[str | int, ...]
CLAIM: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "200Mi"}}}
STORAGE: Json = {"name": "gc", "mountPath": "/gc", "pvcSpec": CLAIM}
LOGS: Json = {"name": "logs", "mountPath": "/var/log/cassandra", "pvcSpec": CLAIM}
SIDECAR: Json = {
    "name": "tail",
    "image": "busybox:1",
    "imagePullPolicy": "",
    "args": ["-F"],
    "env": [{"name": "A", "value": "b"}],
    "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
}
SPEC: Json = {
    "dataCapacity": "1Gi",
    "cassandraImage": "cassandra:4.0.7",
    "storageConfigs": [STORAGE],
    "sidecarConfigs": [SIDECAR],
    "envVars": [{"name": "X", "value": "1"}],
    "configMapName": "scripts",
    "config": {"cassandra-yaml": {"num_tokens": 16}},
    "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}},
    "pod": {"annotations": {"a": "b"}, "tolerations": [{"key": "x"}]},
    "imagePullSecret": {"name": "pull"},
    **topology(dc(labels={"site": "a"})),
}


def living(spec: Json) -> Json:
    """A StatefulSet as we have made it and the server has stored it."""
    return stored(generated(spec))


def settled(live: Json, desired: Json) -> Json:
    """The living object after what differs was written; nothing differs any more."""
    patch = difference(live, desired)
    assert patch is not None
    after: Json = apply_merge_patch(live, patch)
    assert difference(after, desired) is None
    return after


def leaves(value: object, path: Path = ()) -> Iterator[Path]:
    """The paths of everything that is no map and no list."""
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in entries:
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(obj: Json, path: Path) -> Json:
    """The object with another value at the path."""
    result = deepcopy(obj)
    *above, last = path
    place: Any = result
    for part in above:
        place = place[part]
    place[last] = f"{place[last]}x" if isinstance(place[last], str) else 12345
    return result


SECTIONS = ("jvm-server-options", "jvm-options")
TEMPLATE = ("spec", "template", "spec")


@pytest.mark.parametrize("spec", [{}, SPEC], ids=["little", "much"])
def test_d19_what_the_server_fills_in_is_no_difference(spec: Json) -> None:
    """A stored object is what was generated: nothing is written again, not even its annotation."""
    assert difference(living(spec), generated(spec)) is None
    assert forbidden(living(spec), generated(spec)) == ()


def test_everything_in_the_pods_counts() -> None:
    """Whatever is changed of what is wanted of the pods is written, but for the copies of seeds that nobody reads."""
    desired, live = generated(SPEC), living(SPEC)
    paths = list(leaves(desired["spec"]["template"]["spec"], TEMPLATE))
    missed = [path for path in paths if difference(live, changed(desired, path)) is None]
    copies = [path for path in paths if is_copy_of_seeds(desired, path)]
    assert (missed, len(copies), len(paths) > 200) == (copies, 2, True)
    for path in paths:
        if path not in copies:
            settled(live, changed(desired, path))


def is_copy_of_seeds(desired: Json, path: Path) -> bool:
    """Whether the path leads to the seeds in a container that does not use them."""
    place: Any = desired
    for part in path[:-1]:
        place = place[part]
    return "containers" in path and path[-1] == "value" and place["name"] == "CASSANDRA_SEEDS"


CHANGES = [
    pytest.param({"envVars": []}, id="a variable less"),
    pytest.param({"sidecarConfigs": []}, id="a container less"),
    pytest.param({"sidecarConfigs": [{"name": "tail", "image": "busybox:1"}]}, id="fields of a container less"),
    pytest.param({"backRestSidecar": {"enabled": False}}, id="no backups"),
    pytest.param({"configMapName": None}, id="no scripts"),
    pytest.param({"imagePullSecret": None}, id="no Secret"),
    pytest.param({"pod": None}, id="no annotations and tolerations"),
    pytest.param({"topology": None}, id="any node"),
    pytest.param({"config": {}}, id="no config"),
    pytest.param({"resources": None}, id="no limits"),
    pytest.param({"hardAntiAffinity": True}, id="never on one machine"),
    pytest.param({"cassandraImage": "cassandra:4.0.8"}, id="an image"),
]


@pytest.mark.parametrize("fields", CHANGES)
def test_what_is_not_wanted_any_more_goes(fields: Json) -> None:
    """After a change the pods are those of a set that was made from the new spec."""
    spec = {key: value for key, value in {**SPEC, **fields}.items() if value is not None}
    after = settled(living(SPEC), generated(spec))
    assert difference(living(spec), after) is None
    assert original(after)["spec"]["template"] == generated(spec)["spec"]["template"]


def test_what_others_add_stays() -> None:
    """A restart by kubectl, and labels and annotations of others, are not taken away."""
    live = living(SPEC)
    live["metadata"]["labels"]["tool"] = "x"
    live["metadata"]["annotations"]["tool"] = "y"
    live["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "now"
    assert difference(live, generated(SPEC)) is None
    after = settled(live, generated({**SPEC, "debug": True}))
    assert after["metadata"]["labels"]["tool"] == "x"
    assert after["spec"]["template"]["metadata"]["annotations"].keys() == {"a", "kubectl.kubernetes.io/restartedAt"}


def test_without_the_annotation_nothing_is_taken_away() -> None:
    """Where nobody knows what was set before, what is there and not wanted stays, and what is wanted is written."""
    live = living(SPEC)
    del live["metadata"]["annotations"][ANNOTATION]
    assert difference(live, generated(SPEC)) is None
    spec = {key: value for key, value in SPEC.items() if key != "imagePullSecret"}
    assert difference(live, generated(spec)) is None
    assert ANNOTATION in settled(live, generated({**SPEC, "debug": True}))["metadata"]["annotations"]


def test_scale_and_partition_leave_the_pods_alone() -> None:
    """Replicas and partition are written without the template."""
    desired = generated(SPEC)
    desired["spec"]["replicas"] = 5
    desired["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 2
    patch = difference(living(SPEC), desired)
    assert patch is not None
    assert patch["spec"] == {"replicas": 5, "updateStrategy": {"rollingUpdate": {"partition": 2}}}
    settled(living(SPEC), desired)


def test_d17_a_change_of_seeds_is_a_change() -> None:
    """Other seeds, and the same ones in another order, reach the pods when they are handed over."""
    after = settled(living(SPEC), generated(SPEC, seeds=("b.example", "a.example")))
    assert str(after["spec"]["template"]).count("b.example,a.example") == 4


def test_a_rolling_restart_is_a_change() -> None:
    """The label of a restart reaches the pods, stays on them, and is replaced by the next one's."""
    after = settled(living(SPEC), generated(SPEC, restarted="20261101T100000"))
    assert difference(after, generated(SPEC)) is None
    again = settled(after, generated(SPEC, restarted="20261102T100000"))
    assert again["spec"]["template"]["metadata"]["labels"]["rolling-restart"] == "20261102T100000"


def test_options_that_are_moved_to_the_section_that_is_read() -> None:
    """A user who first wrote the JVM's options where this version does not look for them can mend it."""
    options = {"max_heap_size": "1G"}
    wrong, right = ({**SPEC, "serverVersion": "3.11.10", "config": {name: options}} for name in SECTIONS)
    after = settled(living(wrong), generated(right))
    assert "jvm-server-options" not in str(after["spec"]["template"])


def with_labels(labels: dict[str, str]) -> Json:
    """The StatefulSet of a cluster with these labels."""
    found: CassandraCluster = cluster(SPEC, labels=labels)
    return statefulset(found, plan(found), replicas=1, seeds=("a.example", "b.example"))


def test_d20_labels_of_the_cluster_do_not_cut_it_off() -> None:
    """Labels that change reach the set itself; its selector, its pods and its claims keep theirs."""
    live, desired = stored(with_labels({"team": "a", "old": "x"})), with_labels({"team": "b", "new": "y"})
    patch = difference(live, desired)
    assert patch is not None
    assert patch.keys() == {"metadata"}
    assert patch["metadata"]["labels"] == {"team": "b", "new": "y", "old": None}
    assert forbidden(live, desired) == ()
    kept = original(settled(live, desired))["metadata"]
    assert kept == {key: value for key, value in desired["metadata"].items() if key != "annotations"}


def test_d20_a_change_beside_changed_labels() -> None:
    """A change of the pods can be written though the labels of the cluster are others."""
    live, desired = stored(with_labels({"team": "a"})), with_labels({"team": "b"})
    desired["spec"]["template"]["spec"]["serviceAccountName"] = "other"
    after = settled(live, desired)
    labels = after["spec"]["template"]["metadata"]["labels"]
    assert labels.items() >= after["spec"]["selector"]["matchLabels"].items()


def with_storage(*configs: Json, **fields: Any) -> Json:  # noqa: ANN401
    """The spec with these further storages."""
    spec = {**SPEC, "storageConfigs": list(configs), **fields}
    return {key: value for key, value in spec.items() if value is not None}


SIZED = {**CLAIM, "resources": {"requests": {"storage": "300Mi"}}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(SPEC, with_storage(STORAGE, LOGS), ["[logs]"], id="a storage more"),
        pytest.param(SPEC, with_storage(), ["[gc]"], id="a storage less"),
        pytest.param(SPEC, with_storage(LOGS), ["[logs]", "[gc]"], id="another storage"),
        pytest.param(
            SPEC,
            with_storage({**STORAGE, "pvcSpec": SIZED}),
            ["[gc].spec.resources.requests.storage"],
            id="another size",
        ),
        pytest.param(
            SPEC, with_storage(STORAGE, dataCapacity="2Gi"), ["[data].spec.resources.requests.storage"], id="more data"
        ),
        pytest.param(SPEC, with_storage(STORAGE, dataCapacity="1024Mi"), [], id="the same size"),
        pytest.param(with_storage(dataCapacity=None), with_storage(), ["[data]"], id="D7: data that was not kept"),
        pytest.param(
            with_storage(dataStorageClass="slow"),
            with_storage(dataStorageClass="fast"),
            ["[data].spec.storageClassName"],
            id="another class",
        ),
        pytest.param(with_storage(), with_storage(dataStorageClass="fast"), [], id="a class that was not named"),
    ],
)
def test_d18_forbidden_changes_are_named_and_left_out(before: Json, after: Json, expected: list[str]) -> None:
    """Claims cannot be changed: the user is told which, and no patch tries it."""
    live, desired = living(before), generated(after)
    assert list(forbidden(live, desired)) == [f"spec.volumeClaimTemplates{each}" for each in expected]
    patch = difference(live, desired) or {}
    assert "volumeClaimTemplates" not in patch.get("spec", {})


@pytest.mark.parametrize("storage", [STORAGE, LOGS], ids=["beside the volumes", "in the place of a volume"])
def test_d18_a_claim_that_cannot_be_added_is_not_mounted(storage: Json) -> None:
    """A storage that is added later changes no pod: a mount without its volume would keep all of them from starting."""
    live, desired = living(with_storage(dataCapacity=None)), generated(with_storage(storage))
    assert len(forbidden(live, desired)) == 2
    assert difference(live, desired) is None
    after = settled(live, generated(with_storage(storage, debug=True)))
    assert container(after, "cassandra")["command"][0] == "sh"
    assert mounts(container(after, "cassandra")) == mounts(container(live, "cassandra"))


def test_d18_a_claim_that_cannot_be_removed_is_not_mounted() -> None:
    """A storage that is not wanted any more goes out of the pods, while its claims stay."""
    after = settled(living(SPEC), generated(with_storage()))
    assert "/gc" not in mounts(container(after, "cassandra"))
    assert original(after)["spec"]["volumeClaimTemplates"] == generated(SPEC)["spec"]["volumeClaimTemplates"]


def test_d18_another_service_is_forbidden() -> None:
    """A set that names its pods by another service cannot be led back."""
    live = living(SPEC)
    live["spec"]["serviceName"] = "other"
    assert forbidden(live, generated(SPEC)) == ("spec.serviceName",)
    assert difference(live, generated(SPEC)) is None


def test_nothing_is_changed_in_place() -> None:
    """Neither argument is touched."""
    live, desired = living(SPEC), generated(with_storage(LOGS, debug=True))
    before = deepcopy((live, desired))
    difference(live, desired)
    forbidden(live, desired)
    assert (live, desired) == before
