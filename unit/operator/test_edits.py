"""The edits of the small writing verbs: one field or annotation each, nothing where it is so already."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.cases import facts, parent
from multicasskop.crds.names import ADOPT, APPROVE, RELEASE, RESUME
from multicasskop.operator import edits
from multicasskop.operator.edits import Edit
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.rollout import approved, resumed
from multicasskop.reconcilers.patch import merged

NOW = datetime(2026, 11, 23, 14, 5, 32, tzinfo=UTC)
Json = dict[str, Any]


def mck(*, status: Json | None = None, annotations: Json | None = None, generation: int = 3, **spec: Any) -> Parent:  # noqa: ANN401
    """A MultiCasskop in its third generation."""
    whole = parent()
    return parent({**whole.spec, **spec}, status=status, annotations=annotations or {}, generation=generation)


def after(found: Parent, edit: Edit) -> Parent:
    """The object after the edit."""
    metadata = {"name": "demo", "namespace": "ns", "generation": found.meta.generation}
    obj = {"metadata": {**metadata, "annotations": dict(found.meta.annotations)}, "spec": found.spec}
    return Parent.of(merged(obj, edit.patch))


def annotation(name: str, text: str) -> Json:
    """The patch of one annotation."""
    return {"metadata": {"annotations": {name: text}}}


CASES = [
    pytest.param(edits.pause(mck()), {"spec": {"paused": True}}, id="pause"),
    pytest.param(edits.pause(mck(paused=True)), None, id="pause again"),
    pytest.param(edits.resume(mck(paused=True), None), {"spec": {"paused": None}}, id="resume after a pause"),
    pytest.param(edits.resume(mck(), None), None, id="resume what runs"),
    pytest.param(edits.resume(mck(status={"phase": "Halted"}), None), annotation(RESUME, "3"), id="after a halt"),
    pytest.param(edits.resume(mck(), 2), annotation(RESUME, "2"), id="a generation that was named"),
    pytest.param(
        edits.resume(mck(status={"phase": "Halted"}, annotations={RESUME: "3"}), None), None, id="resume again"
    ),
    pytest.param(
        edits.resume(mck(paused=True, status={"phase": "Halted"}), None),
        {"spec": {"paused": None}, **annotation(RESUME, "3")},
        id="pause and halt",
    ),
    pytest.param(edits.approve(mck(), "c2"), annotation(APPROVE, "c2@3"), id="approve"),
    pytest.param(
        edits.approve(mck(annotations={APPROVE: "c1@2, c1@3"}), "c2"),
        annotation(APPROVE, "c1@3,c2@3"),
        id="another",
    ),
    pytest.param(edits.approve(mck(annotations={APPROVE: "c2@3"}), "c2"), None, id="approve again"),
    pytest.param(edits.restart(mck(), NOW, ""), {"spec": {"restart": "2026-11-23T14:05:32Z"}}, id="restart"),
    pytest.param(edits.restart(mck(), NOW, "x"), {"spec": {"restart": "x"}}, id="restart by a value"),
    pytest.param(edits.restart(mck(restart="x"), NOW, "x"), None, id="restart again"),
    pytest.param(edits.by_member("adopt", mck(), "c1"), annotation(ADOPT, "c1"), id="adopt"),
    pytest.param(edits.by_member("adopt", mck(annotations={ADOPT: "c2"}), "c1"), annotation(ADOPT, "c2,c1"), id="both"),
    pytest.param(edits.by_member("release", mck(), "c1"), annotation(RELEASE, "c1"), id="release"),
]


@pytest.mark.parametrize(("edit", "patch"), CASES)
def test_edit(edit: Edit, patch: Json | None) -> None:
    """An edit is one small patch, or none where it is so already; it says which field or annotation it is."""
    assert edit.patch == patch
    assert edit.says


def test_the_operator_understands_approvals_and_resumptions() -> None:
    """What the verbs set is what the decisions look for."""
    found = after(mck(), edits.approve(mck(), "c2"))
    assert approved(facts(found), "c2")
    assert not approved(facts(found), "c1")
    halted = mck(status={"phase": "Halted"})
    assert resumed(facts(after(halted, edits.resume(halted, None))))
