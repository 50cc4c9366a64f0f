"""How a problem is told."""

import pytest
from multicasskop.crds.problem import Problem, kind_of, path_of, repeated, shown


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (["spec", "topology", "dc", 0, "name"], "spec.topology.dc[0].name"),
        (["spec", "override", "k8s-cluster2", "spec"], "spec.override.k8s-cluster2.spec"),
        (["metadata", "annotations", "a.b/c"], 'metadata.annotations["a.b/c"]'),
        (["override", "eu.west", "x"], 'override["eu.west"].x'),
        (["a", ""], 'a[""]'),
        (["a", "x\ny"], r'a["x\ny"]'),
        ([], ""),
    ],
)
def test_path(parts: list[str | int], path: str) -> None:
    """Paths are written as Kubernetes writes them, odd keys quoted and escaped."""
    assert path_of(parts) == path


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ("dc-1", '"dc-1"', "text"),
        ("x" * 100, '"' + "x" * 60 + '..."', "text"),
        ("a\x1b[31m\n", r'"a\u001b[31m\n"', "text"),
        (3, "3", "a number"),
        (0.5, "0.5", "a number"),
        (True, "true", "true or false"),
        (None, "null", "null"),
        ([1, 2], "a list of 2", "a list of 2"),
        ({"a": 1}, "an object", "an object"),
    ],
)
def test_values_are_shown_short(value: object, text: str, kind: str) -> None:
    """A value is one escaped line, and can be told without showing it."""
    assert (shown(value), kind_of(value)) == (text, kind)


def test_problem_reads_as_a_sentence() -> None:
    """A problem is its path, what was found and what is allowed."""
    assert str(Problem("spec.runAsUser", "0", "1 or more")) == "spec.runAsUser: 0; 1 or more"


def test_repeated_names_are_found_where_they_stand() -> None:
    """Each name that stood before is given with its place."""
    assert list(repeated(["a", "b", "a", "a", "c", "b"])) == [(2, "a"), (3, "a"), (5, "b")]
