"""Keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.key import Key

NAMES = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True)


@given(namespace=st.just("") | NAMES, name=NAMES)
def test_round_trip(namespace: str, name: str) -> None:
    """A key that is printed and parsed is the same key."""
    key = Key(namespace, name)
    assert Key.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "/", "a/", "/a", "a/b/c", "a//b"])
def test_no_key(text: str) -> None:
    """A text with an empty part or with three of them is refused."""
    with pytest.raises(ValueError, match="is not a key"):
        Key.parse(text)


@pytest.mark.parametrize(
    ("obj", "key"),
    [
        ({"metadata": {"name": "a", "namespace": "n"}}, Key("n", "a")),
        ({"metadata": {"name": "a"}}, Key("", "a")),
        ({"metadata": {"name": "a", "namespace": None}}, Key("", "a")),
    ],
    ids=["namespaced", "cluster-scoped", "null namespace"],
)
def test_of_object(obj: dict[str, dict[str, str]], key: Key) -> None:
    """The key of an object is that of its metadata."""
    assert Key.of(obj) == key


@pytest.mark.parametrize("obj", [{}, {"metadata": {}}], ids=["no metadata", "no name"])
def test_of_nothing(obj: dict[str, dict[str, str]]) -> None:
    """An object without a name has no key."""
    with pytest.raises(KeyError):
        Key.of(obj)
