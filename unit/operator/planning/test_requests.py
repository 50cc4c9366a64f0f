"""The requests of a plan are those that are sent."""

import pytest
from fakes.cases import parent, wish
from multicasskop.operator.planning.requests import requests_of
from multicasskop.reconcilers.multicasskop.ownership import Origin, mark_of
from multicasskop.reconcilers.multicasskop.writes import CreateChild, create, first_seeds, seeds_body


def new_child(*seeds: str) -> CreateChild:
    """The write that makes the child of c1."""
    found = parent()
    return create(wish(found).children["c1"], mark_of(found.meta, "home", Origin.CREATED), seeds)


@pytest.mark.parametrize(
    ("whole", "seeds", "sent"),
    [
        pytest.param(True, ("a",), [("create", "v1alpha1", "")], id="with its seeds"),
        pytest.param(False, ("a",), [("create", "v2", ""), ("patch", "v2", "status")], id="and then its seeds"),
        pytest.param(False, (), [("create", "v2", "")], id="without seeds"),
    ],
)
def test_new_child(whole: bool, seeds: tuple[str, ...], sent: list[tuple[str, str, str]]) -> None:
    """A child is made with its seeds where the member takes them, else they follow as the very patch that is sent."""
    write = new_child(*seeds)
    found = [*requests_of(write, whole=whole)]
    assert [(each["verb"], each["version"], each["subresource"]) for each in found] == sent
    assert (found[0]["body"].get("status"), found[0]["hidden"]) == (
        seeds_body(seeds)["status"] if whole else None,
        False,
    )
    assert [each["body"] for each in found[1:]] == [first_seeds(write)] * (len(sent) - 1)
