"""The events on a CassandraCluster: every reason, its type, and when it is told. Reasons are API."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from multicasskop.reconcilers.event_reason import NORMAL, WARNING, EventReason

EVENTS: Final = (
    EventReason("ActionStarted", NORMAL, "an action has begun in a rack"),
    EventReason("ActionDone", NORMAL, "an action is over in a rack"),
    EventReason("Running", NORMAL, "all racks run, and nothing is due"),
    EventReason("Invalid", WARNING, "no StatefulSet can be made of the spec, or one is somebody else's"),
    EventReason("ChangeRefused", WARNING, "a change of the spec was taken back"),
    EventReason("CannotBeChanged", WARNING, "a field of the spec differs that a StatefulSet cannot change"),
    EventReason("ReferenceMissing", WARNING, "the spec names something that is not there"),
    EventReason("NodeStuck", WARNING, "a pod does not get going by itself"),
    EventReason("WriteRefused", WARNING, "an API server refused a write: no right, invalid, or the name is taken"),
    EventReason("NameTaken", WARNING, "a service or budget of a name that is needed belongs to somebody else"),
    EventReason("NodeFails", WARNING, "a node that is waited for does not answer as it must, or refuses to leave"),
    EventReason("NodesMissing", WARNING, "pods are not there, or not ready, although nothing is being done"),
    EventReason("Recovered", NORMAL, "what was stuck or missing is no longer"),
    EventReason("Deleted", NORMAL, "a pod, a claim or a StatefulSet was deleted, and why"),
    EventReason("OperationFailed", WARNING, "an operation that a pod's labels ask for has failed on its node"),
    EventReason("CommandGiven", NORMAL, "a node was told to do something that takes long"),
)
"""In the order in which they are documented."""

TYPES: Final[Mapping[str, str]] = MappingProxyType({event.reason: event.type for event in EVENTS})
