"""What is refused, and in which words."""

from typing import Any

import pytest
from fakes.stage import datacenter, ring
from multicasskop.crds.conditions import Reason
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.validate import Verdict, judge

Json = dict[str, Any]
PARENT = Key("cassandra", "demo")


def verdict(spec: Json, *, registered: tuple[str, ...] = ("c1", "c2"), allow_cross_namespace: bool = False) -> Verdict:
    """The verdict on a spec."""
    return judge(PARENT, spec, registered, allow_cross_namespace=allow_cross_namespace)


def spec_with(override: Json | None = None, base: Json | None = None, **fields: Any) -> Json:  # noqa: ANN401
    """A good spec, with something laid over base, over the override of c2, and over the whole."""
    spec: Json = ring()["spec"]
    for target, patch in ((spec["base"], base or {}), (spec["override"]["c2"], override or {})):
        for key, value in patch.items():
            target[key] = {**target.get(key, {}), **value} if isinstance(value, dict) else value
    return spec | fields


def test_good_spec_is_valid() -> None:
    """A spec without faults gives a wish for each member, and nothing to say."""
    found = verdict(spec_with())
    assert found.valid
    assert found.message == ""
    assert found.warnings == ()
    assert found.wish is not None
    assert tuple(found.wish.children) == ("c1", "c2")


@pytest.mark.parametrize(
    ("spec", "reason", "path"),
    [
        pytest.param(
            spec_with({"spec": {"topology": {"dc": [{"name": "Bad-Name"}]}}}),
            Reason.BAD_CHILD,
            "spec.override.c2.spec.topology.dc[0].name",
            id="a bad value in an override",
        ),
        pytest.param(
            spec_with(base={"spec": {"nodesPerRacks": "three"}}),
            Reason.BAD_CHILD,
            "spec.base.spec.nodesPerRacks",
            id="a bad value in base is told once, at base",
        ),
        pytest.param(
            spec_with({"metadata": {"namespace": "elsewhere"}}),
            Reason.FOREIGN_NAMESPACE,
            "spec.override.c2.metadata.namespace",
            id="an override names another namespace",
        ),
        pytest.param(
            spec_with(base={"metadata": {"namespace": "elsewhere"}}),
            Reason.FOREIGN_NAMESPACE,
            "spec.base.metadata.namespace",
            id="base names another namespace",
        ),
        pytest.param(
            spec_with({"metadata": {"name": "a" * 45}}),
            Reason.NAME_TOO_LONG,
            "spec.override.c2.metadata.name",
            id="a StatefulSet name that is too long",
        ),
        pytest.param(
            spec_with({"spec": {"topology": datacenter(1)}}),
            Reason.DUPLICATE_DATACENTER,
            "spec.override.c2.spec.topology.dc[0].name",
            id="pods of the same names in two members",
        ),
        pytest.param(
            spec_with(override={}, rollout={"soak": "two days"}),
            Reason.BAD_OVERRIDE,
            "spec.rollout.soak",
            id="a duration that is none",
        ),
        pytest.param(
            {"base": {}, "override": {"nowhere": {}}},
            Reason.NO_REGISTERED_MEMBER,
            "spec.override",
            id="no registered member",
        ),
        pytest.param({"base": {}}, Reason.NO_REGISTERED_MEMBER, "spec.override", id="no member at all"),
    ],
)
def test_refused(spec: Json, reason: Reason, path: str) -> None:
    """A fault makes the whole invalid, and is told once, with the path at which it can be mended."""
    found = verdict(spec)
    assert not found.valid
    assert [finding.reason for finding in found.findings] == [reason]
    assert found.findings[0].path == path
    assert found.message.startswith("MCK")
    assert found.message.endswith("Nothing was written for any member.")


def test_same_datacenter_with_other_racks_is_allowed() -> None:
    """One datacenter may span two members, as long as no two pods have one name."""
    racks = {"dc": [{"name": "dc1", "rack": [{"name": "elsewhere"}]}]}
    assert verdict(spec_with({"spec": {"topology": racks}})).valid


def test_cross_namespace_by_permission() -> None:
    """With the operator's flag children may stand in another namespace."""
    spec = spec_with(base={"metadata": {"namespace": "elsewhere"}})
    assert verdict(spec, allow_cross_namespace=True).valid


def test_unknown_fields_are_only_warned_about() -> None:
    """A field that CassKop does not know does not stop an old manifest, and neither does autoUpdateSeedList."""
    found = verdict(spec_with(base={"spec": {"gcStdout": True, "autoUpdateSeedList": True}}))
    assert found.valid
    assert [warning.path for warning in found.warnings] == [
        "spec.base.spec.gcStdout",
        "spec.base.spec.autoUpdateSeedList",
    ]


def test_unregistered_members_are_checked_too() -> None:
    """Whether an object is valid does not depend on which members are registered."""
    found = verdict(spec_with({"spec": {"topology": datacenter(1)}}), registered=("c1",))
    assert [finding.reason for finding in found.findings] == [Reason.DUPLICATE_DATACENTER]


def test_member_that_is_null_is_an_empty_override() -> None:
    """An object from before the schema may hold a member that is null."""
    spec = spec_with()
    spec["base"]["spec"]["topology"] = datacenter(9)
    spec["override"] = {"c1": None}
    assert verdict(spec).valid


def test_deep_nesting_is_refused() -> None:
    """An object nested beyond reason is refused, and breaks nothing."""
    deep: Any = 1
    for _ in range(900):
        deep = {"a": deep}
    found = verdict(spec_with(base={"spec": {"config": deep}}))
    assert [finding.path for finding in found.findings] == ["spec"]


def test_many_faults_are_cut() -> None:
    """A person reads the first five faults, and how many more there are."""
    racks = [{"name": f"Bad-{number}"} for number in range(9)]
    found = verdict(spec_with({"spec": {"topology": {"dc": [{"name": "dc2", "rack": racks}]}}}))
    assert len(found.findings) == 9
    assert "And 4 more." in found.message


def test_secrets_are_not_shown() -> None:
    """A value that may be a password is not quoted."""
    found = verdict(spec_with(base={"spec": {"envVars": [{"name": "P", "value": {"hunter2": 1}}]}}))
    assert not found.valid
    assert "hunter2" not in found.message
