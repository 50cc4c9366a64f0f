"""Parts of a campaign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.world.campaign.slices import part_of
from multicasskop.world.errors import WorldError


@given(st.lists(st.integers()), st.integers(1, 9))
def test_parts_are_the_whole(items: list[int], parts: int) -> None:
    """Each item is in one part and in no other."""
    found = [item for part in range(1, parts + 1) for item in part_of(items, f"{part}/{parts}")]
    assert sorted(found) == sorted(items)


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "x/2", "1/0", "1/-2"])
def test_what_is_no_part(text: str) -> None:
    """A part that does not exist is refused with an example."""
    with pytest.raises(WorldError, match="3/20"):
        list(part_of([1], text))
