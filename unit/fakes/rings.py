"""Rings at rest, and changes of them, for the commands that read."""

from typing import Any, Final

from fakes.stage import Stage, ring
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
NAMES: Final = ("eu-west", "eu-north", "us-east")


def rest(*names: str, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which all is Ready."""
    stage = Stage(*names)
    stage.apply(ring(*names, **spec))
    for _ in range(4):
        stage.all_running()
        stage.wait(31)
    assert stage.status()["phase"] == "Ready"
    return stage


def changed(**base: Any) -> Json:  # noqa: ANN401  any field of a child's spec
    """The ring of three with fields of base changed."""
    found: Json = merged(ring(*NAMES), {"spec": {"base": {"spec": base}}})
    return found
