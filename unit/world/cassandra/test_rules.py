"""What goes wrong with which pods."""

from pathlib import Path

import msgspec
import pytest
from multicasskop.world.cassandra.rules import Line, Rule, RuleFile, Treatment, Trouble, rules_of, treatment

USUAL = Treatment(ready=0.1, join=0.2, command=0.3)
HANG = Rule(pods="ns/demo-*-0", line=Line.HANG)
SLOW = Rule(pods="ns/*", join=9.0, line=Line.REFUSE)


@pytest.mark.parametrize(
    ("rules", "pod", "expected"),
    [
        pytest.param([], "ns/demo-dc1-rack1-0", USUAL, id="no rule"),
        pytest.param([SLOW], "other/demo-dc1-rack1-0", USUAL, id="another namespace"),
        pytest.param([HANG], "ns/demo-dc1-rack1-0", Treatment(Line.HANG, ready=0.1, join=0.2, command=0.3), id="one"),
        pytest.param(
            [HANG, SLOW],
            "ns/demo-dc1-rack1-0",
            Treatment(Line.HANG, ready=0.1, join=9.0, command=0.3),
            id="the first that says something about it counts",
        ),
        pytest.param(
            [Rule(pods="ns/*@cassandra:none", trouble=Trouble.IMAGE)],
            "ns/demo-dc1-rack1-0@cassandra:none",
            Treatment(trouble=Trouble.IMAGE, ready=0.1, join=0.2, command=0.3),
            id="pods of an image",
        ),
        pytest.param(
            [Rule(pods="ns/*@cassandra:none", trouble=Trouble.IMAGE)], "ns/p@cassandra:4.1", USUAL, id="another image"
        ),
        pytest.param(
            [Rule(pods="*", command=0.0, fails=()), Rule(pods="*", fails=("decommission",))],
            "ns/p",
            Treatment(ready=0.1, join=0.2, command=0.0),
            id="nothing, said first, counts too",
        ),
    ],
)
def test_rules_change_what_they_speak_of(rules: list[Rule], pod: str, expected: Treatment) -> None:
    """Everything else stays as usual."""
    assert treatment(rules, pod, USUAL) == expected


def test_file_carries_rules_and_says_what_is_followed(tmp_path: Path) -> None:
    """Who asks knows when what he asked for counts."""
    file = RuleFile(tmp_path / "pods.rules")
    assert rules_of(file.read()) == ()
    asked = file.ask([HANG, Rule(pods="*", trouble=Trouble.IMAGE, fails=("rebuild",))])
    assert rules_of(file.read()) == (HANG, Rule(pods="*", trouble=Trouble.IMAGE, fails=("rebuild",)))
    assert not file.is_followed(asked)
    file.follow(asked)
    assert file.is_followed(asked)
    assert not file.is_followed(file.ask([]))


def test_forgotten_file_asks_for_nothing(tmp_path: Path) -> None:
    """A simulator that starts anew follows no old rules."""
    file = RuleFile(tmp_path / "pods.rules")
    asked = file.ask([HANG])
    file.follow(asked)
    file.forget()
    assert (file.read(), file.is_followed(asked)) == (b"[]", False)


@pytest.mark.parametrize("text", [b'[{"pods":"*","line":"sideways"}]', b'[{"line":"hang"}]', b"{}"])
def test_rules_that_are_none_are_refused(text: bytes) -> None:
    """A misspelt rule does not pass for no rule."""
    with pytest.raises(msgspec.ValidationError):
        rules_of(text)
