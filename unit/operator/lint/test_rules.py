"""Lint's rules: each finds its flaw at its path, says what was meant, and lets what is right alone."""

from typing import Any

import pytest
from fakes.stage import HOME, OTHER, datacenter, ring
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.codes import Code
from multicasskop.informers.key import Key
from multicasskop.operator.lint.finding import Flaw, Severity, did_you_mean
from multicasskop.operator.lint.rules import flaws
from multicasskop.reconcilers.multicasskop.validate import judge
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
ERROR, WARNING = Severity.ERROR, Severity.WARNING


def spec(**parts: Any) -> Json:  # noqa: ANN401  any field of the spec
    """A ring with a merge patch over its spec."""
    return merged(ring(), {"spec": parts})  # type: ignore[no-any-return]


def base(**fields: Any) -> Json:  # noqa: ANN401  any field of a child's spec
    """A ring with fields of base's spec."""
    return spec(base={"spec": fields})


RULES = [
    pytest.param(spec(overide={}), ERROR, "MCK101", "spec.overide", "Did you mean override?", id="unknown field"),
    pytest.param(spec(rollout={"soack": "1m"}), ERROR, "MCK101", "spec.rollout.soack", "mean soak?", id="deeper"),
    pytest.param(spec(paused="yes"), ERROR, "MCK102", "spec.paused", "", id="wrong type"),
    pytest.param(spec(rollout={"soak": "soon"}), ERROR, "MCK102", "spec.rollout.soak", "duration", id="no duration"),
    pytest.param(spec(rollout={"order": [HOME, HOME]}), ERROR, "MCK102", "spec.rollout.order[1]", "twice", id="order"),
    pytest.param(spec(base=None), ERROR, "MCK110", "spec.base", "missing", id="no base"),
    pytest.param(spec(override=None), ERROR, "MCK110", "spec.override", "missing", id="no override"),
    pytest.param({"spec": 1}, ERROR, "MCK110", "spec", "an object", id="no spec"),
    pytest.param(spec(override={"A_b": {}}), ERROR, "MCK124", "spec.override.A_b", "no name", id="member name"),
    pytest.param(
        spec(override={OTHER: {"spec": {"topology": datacenter(1)}}}),
        ERROR,
        "MCK122",
        f"spec.override.{OTHER}.spec.topology.dc[0].name",
        "pods of the same names",
        id="one name for two pods",
    ),
    pytest.param(
        spec(override={OTHER: {"spec": {"topology": {"dc": [{"name": "dc1", "rack": [{"name": "rackb"}]}]}}}}),
        WARNING,
        "MCK121",
        f"spec.override.{OTHER}.spec.topology.dc[0].name",
        f"also a datacenter of {HOME}",
        id="one datacenter over two clusters",
    ),
    pytest.param(
        spec(base={"metadata": {"namespace": "other"}}),
        ERROR,
        "MCK106",
        "spec.base.metadata.namespace",
        "",
        id="namespace",
    ),
    pytest.param(spec(base={"metadata": {"name": "a" * 50}}), ERROR, "MCK123", "", "52", id="name too long"),
    pytest.param(base(cassandraImag="x"), WARNING, "MCK101", "spec.base.spec.cassandraImag", "Image?", id="typo"),
    pytest.param(base(nodesPerRacks=0), WARNING, "MCK102", "spec.base.spec.nodesPerRacks", "CassKop puts", id="zero"),
    pytest.param(base(autoUpdateSeedList=True), WARNING, "MCK108", "spec.base.spec.autoUpdateSeedList", "", id="auto"),
    pytest.param(base(unlockNextOperation=True), WARNING, "MCK108", "spec.base.spec.unlock", "", id="trigger"),
    pytest.param(
        spec(base={"status": {"phase": "Running"}}), WARNING, "MCK108", "spec.base.status.phase", "", id="status"
    ),
    pytest.param(
        spec(base={"metadata": {"labels": {"app": "x"}}}),
        WARNING,
        "MCK107",
        "spec.base.metadata.labels.app",
        "belongs to",
        id="reserved label",
    ),
    pytest.param(
        base(envVars=[{"name": "DB_PASSWORD", "value": "hunter2"}]),
        WARNING,
        "MCK216",
        "spec.base.spec.envVars[0].value",
        "valueFrom",
        id="password",
    ),
    pytest.param(
        spec(base={"status": {"seedlist": ["demo-dc1-rack1-0.ring.example", "nobody.example"]}}),
        WARNING,
        "MCK231",
        "spec.base.status.seedlist[1]",
        "no pod",
        id="seed outside",
    ),
    pytest.param(
        spec(base={"spec": {"service": None}}),
        WARNING,
        "MCK232",
        f"spec.override.{HOME}",
        "spec.seeds.domain",
        id="no zone",
    ),
]


@pytest.mark.parametrize(("obj", "severity", "code", "path", "text"), RULES)
def test_rule(obj: Json, severity: Severity, code: str, path: str, text: str) -> None:
    """A flaw is found with its severity, its code, at its path, in words that help."""
    found = [flaw for flaw in flaws(obj) if (flaw.severity, flaw.code) == (severity, code)]
    assert any(flaw.path.startswith(path) and text in flaw.text for flaw in found), flaws(obj)


def test_a_sound_object_has_no_flaw() -> None:
    """Of an object as it should be nothing is said."""
    assert flaws(ring()) == []
    assert flaws(ring(), (HOME, OTHER)) == []


def test_members_are_judged_where_they_are_known() -> None:
    """Names of members in override and order are compared with those that are registered, if these are told."""
    obj = spec(override={"eu-nort": {"spec": {"topology": datacenter(3)}}}, rollout={"order": ["eu-nort"]})
    assert [flaw for flaw in flaws(obj) if flaw.code is Code.UNKNOWN_MEMBER] == []
    found = [flaw for flaw in flaws(obj, (HOME, OTHER, "eu-north")) if flaw.code is Code.UNKNOWN_MEMBER]
    assert [flaw.path for flaw in found] == ["spec.override.eu-nort", "spec.rollout.order[0]"]
    assert all(flaw.text.endswith("Did you mean eu-north?") for flaw in found)


def test_one_mistake_does_not_hide_another() -> None:
    """Several flaws are told at once: beside base and override, in them, and advice; errors first."""
    obj = merged(
        spec(rollout={"soak": "soon"}, paused="x", seeds={"perDatacenter": 9}),
        {"spec": {"override": {OTHER: {"spec": {"topology": {"dc": [{"name": "a-b"}]}}}}}},
    )
    found = flaws(obj)
    paths = [flaw.path for flaw in found if flaw.severity is ERROR]
    assert paths == [
        "spec.paused",
        "spec.rollout.soak",
        "spec.seeds.perDatacenter",
        f"spec.override.{OTHER}.spec.topology.dc[0].name",
    ]
    assert [flaw.severity for flaw in found] == sorted(flaw.severity for flaw in found)


FIELDS = ("spec", "metadata", "topology", "dc", "name", "rack", "status", "seedlist", "x")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(parts=st.fixed_dictionaries({}, optional={"base": PLAIN, "override": PLAIN, "rollout": PLAIN, "seeds": PLAIN}))
def test_nothing_makes_it_fail(parts: Json) -> None:
    """Whatever stands in an object, lint answers, and calls invalid what the operator calls so."""
    obj = {"metadata": {"name": "demo", "namespace": "ns"}, "spec": parts}
    found = flaws(obj, ("x",))
    assert all(isinstance(flaw, Flaw) for flaw in found)
    verdict = judge(Key("ns", "demo"), parts, ("x",))
    assert {finding.code for finding in verdict.findings} <= {flaw.code for flaw in found if flaw.severity is ERROR}


@pytest.mark.parametrize(
    ("name", "text"),
    [("eu-nort", " Did you mean eu-north?"), ("zz", ""), ("eu", "")],
    ids=["near", "far", "too short"],
)
def test_did_you_mean(name: str, text: str) -> None:
    """Only near names are proposed."""
    assert did_you_mean(name, ["eu-north", "us-east"]) == text
