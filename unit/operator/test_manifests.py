"""Manifests: plain data as Kubernetes reads it, and the place of every field."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.operator.manifests import NODES_MAX, MalformedError, Place, parse, parts_of

TEXT = """\
apiVersion: db.orange.com/v2
kind: MultiCasskop
metadata: {name: demo, namespace: ns}
spec:
  base:
    created: 2030-01-01
    "a.b/c": 1
    dc:
    - name: dc1
      rack: [{name: r1}]
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", (1, 1)),
        ("kind", (2, 1)),
        ("metadata.namespace", (3, 24)),
        ("spec.base", (5, 3)),
        ('spec.base["a.b/c"]', (7, 5)),
        ("spec.base.dc[0]", (9, 7)),
        ("spec.base.dc[0].name", (9, 7)),
        ("spec.base.dc[0].rack[0].name", (10, 15)),
        ("spec.base.dc[7].name", (8, 5)),
        ("spec.nowhere.at.all", (4, 1)),
        ("nothing", (1, 1)),
    ],
)
def test_place(path: str, place: tuple[int, int]) -> None:
    """A field is found at its name; one that is not there at what should hold it."""
    (document,) = parse(TEXT, "f")
    assert document.place_of(path) == Place(*place)


def test_values_are_those_of_kubernetes() -> None:
    """A date is text, a number a number, and the object knows what and whose it is."""
    (document,) = parse(TEXT, "f")
    assert document.obj["spec"]["base"] == {
        "created": "2030-01-01",
        "a.b/c": 1,
        "dc": [{"name": "dc1", "rack": [{"name": "r1"}]}],
    }
    assert (document.is_ours, document.key) == (True, ("ns", "demo"))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(7)
)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("a: [", 1, "expected", id="no end"),
        pytest.param("a: 1\nb: 2\na: 3", 3, '"a" stands there twice', id="twice"),
        pytest.param("- 1", 1, "an object was expected", id="a list"),
        pytest.param("? [a]\n: 1", 1, "a key that is no text", id="odd key"),
        pytest.param("a: \x01", 1, "a character", id="control"),
        pytest.param("&a [*a]", 1, "contain themselves", id="itself"),
        pytest.param("a: !!python/object:os.system x", 1, "a value that cannot be read", id="foreign tag"),
        pytest.param(BOMB, 1, f"more than {NODES_MAX}", id="aliases of aliases"),
        pytest.param("a: " + "[" * 20000, 1, "", id="deep"),
    ],
)
def test_malformed(text: str, line: int, said: str) -> None:
    """What is no manifest is refused with its place, however hostile."""
    with pytest.raises(MalformedError) as caught:
        parse(text, "f")
    assert said in caught.value.problem
    assert caught.value.place.line >= line if said != "" else True


@pytest.mark.parametrize(("text", "count"), [("", 0), ("---\n---\n", 0), ("a: 1\n---\nb: 2\n", 2)])
def test_documents(text: str, count: int) -> None:
    """Empty documents are none."""
    assert len(parse(text, "f")) == count


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way."""
    with suppress(MalformedError):
        parse(text, "f")


@pytest.mark.parametrize(
    ("path", "parts"),
    [("a.b[0].c", ("a", "b", 0, "c")), ('a["x.y"][2]', ("a", "x.y", 2)), ("", ()), ('a["q\\"q"]', ("a", 'q"q'))],
)
def test_parts(path: str, parts: tuple[str | int, ...]) -> None:
    """Paths are taken apart as they were put together."""
    assert parts_of(path) == parts
