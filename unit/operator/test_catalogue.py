"""What metrics may be told apart by."""

import pytest
from multicasskop.informers.metrics import Family
from multicasskop.operator.catalogue import FAMILIES

# members are named by whoever runs the operator; all else is one of a few words of our own
BOUNDED = {
    "member",
    "kind",
    "fault",
    "reason",
    "type",
    "cause",
    "level",
    "operation",
    "result",
    "policy",
    "role",
    "verb",
}
BOUNDED |= {"code", "priority", "revision", "python", "version", "server_version"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_35_labels_are_no_names_of_tenants(family: Family) -> None:
    """S35: no series is told apart by an object, a namespace or a text of a tenant, so their number is bounded."""
    assert set(family.labels) <= BOUNDED
