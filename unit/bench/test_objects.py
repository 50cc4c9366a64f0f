"""The templates, the witness, what grows, the queue's own benchmark, and shares of all that."""

import msgspec
import pytest
from rich.console import Console

from bench.crowd import BOOKMARK
from bench.engaging import growth
from bench.queueing import NAMES, measure
from bench.scale import WHOLE, Scale
from bench.templates import template
from bench.witness import versions


def test_templates_differ_in_every_value() -> None:
    """What would be packed well only because it is made up would say nothing."""
    values = [each["value"] for number in (1, 2) for each in container(number, 5_000)["env"]]
    assert len(set(values)) == len(values) > 40


def container(number: int, size: int) -> dict[str, list[dict[str, str]]]:
    """The container of a template."""
    found: dict[str, list[dict[str, str]]] = template(number, size)["template"]["spec"]["containers"][0]
    return found


def test_templates_grow_with_their_size() -> None:
    """A small one has hardly more than its name, which the server takes as well as a large one."""
    lengths = [len(msgspec.json.encode(template(7, size))) for size in (1_000, 5_000, 20_000)]
    assert lengths == sorted(lengths)
    assert "env" not in container(7, 100)


def line(version: str) -> bytes:
    """A line of a watch."""
    return b'{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"%b"}}}\n' % version.encode()


def test_witness_has_an_event_with_the_end_of_its_line() -> None:
    """A line may come in two pieces, or two in one; bookmarks are no events."""
    whole = line("1") + BOOKMARK + b',"object":{"metadata":{"resourceVersion":"2"}}}\n' + line("3")
    assert versions([(10, whole[:20]), (20, whole[20:])]) == {"1": 20, "3": 20}


@pytest.mark.parametrize(
    ("looks", "expected"),
    [([7.0] * 5, 0.0), ([1.0, 2.0, 3.0, 4.0], 3.0), ([4.0, 4.0, 9.0, 4.0, 4.0], 0.0), ([0.0, 4.0, 4.0, 4.0, 4.0], 3.2)],
    ids=["nothing", "steadily", "for a while", "from a low beginning"],
)
def test_growth_is_a_trend(looks: list[float], expected: float) -> None:
    """What comes and goes is none, and one odd look counts for less than all of its difference."""
    assert growth(looks) == pytest.approx(expected)


@pytest.mark.parametrize(("share", "count", "expected"), [(1.0, 200, 200), (0.1, 200, 20), (0.001, 200, 1)])
def test_a_share_has_one_of_each_at_least(share: float, count: int, expected: int) -> None:
    """Work on a benchmark needs few objects, and never none."""
    assert Scale(share).of(count) == expected


@pytest.mark.parametrize("less", [Scale(share=0.5), Scale(runs=1)])
def test_only_the_whole_is_published(less: Scale) -> None:
    """A share is a share of one run, too."""
    assert WHOLE.whole
    assert not less.whole


def test_queue_is_measured_both_ways() -> None:
    """One thread, and a producer beside workers, in processes that end by themselves."""
    found = measure(Console(), Scale(share=0.001, runs=1))
    assert [result.name for result in found] == list(NAMES.values())
