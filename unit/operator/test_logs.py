"""Logs: both formats line by line, repeats, levels, and what never gets through."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from fakes.clock import FakeClock
from multicasskop.operator.logs import Level, configure_logs

START = datetime(2026, 11, 23, 14, 3, 12, 204_000, tzinfo=UTC)
Lines = Callable[[], list[str]]


class Written:
    """What was logged: the stream, the clock that stamped it, and the level that may be changed."""

    def __init__(self, form: str, level: str = "info") -> None:
        self.stream = io.StringIO()
        self.clock = FakeClock(now=START)
        self.counted: list[str] = []
        self.level: Level = configure_logs(level, form, self.clock, stream=self.stream, counted=self.counted.append)

    def lines(self) -> list[str]:
        """The lines until now."""
        return self.stream.getvalue().splitlines()

    def documents(self) -> list[dict[str, Any]]:
        """The lines until now, as JSON."""
        return [json.loads(line) for line in self.lines()]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


GOLDEN = [
    pytest.param(
        "info",
        "member registered",
        {"member": "eu-west", "role": "home", "server": "https://10.0.0.1:6443", "via": "in-cluster"},
        "14:03:12.204 INFO  member registered    member=eu-west role=home server=https://10.0.0.1:6443 via=in-cluster",
        id="plain-fields",
    ),
    pytest.param(
        "info",
        "step started",
        {
            "mck": "cassandra/demo",
            "member": "eu-north",
            "step": 2,
            "steps": 3,
            "changes": 1,
            "paths": ("spec.a", "spec.b"),
        },
        "14:03:12.204 INFO  step started         mck=cassandra/demo member=eu-north step=2/3 changes=1"
        " paths=spec.a,spec.b",
        id="step-of-steps",
    ),
    pytest.param(
        "warning",
        "rollout halted",
        {"code": "MCK403", "waited": 1800.2, "wants": "Running + Done", "has": ""},
        '14:03:12.204 WARN  rollout halted       code=MCK403 waited=1800s wants="Running + Done" has=""',
        id="quoted",
    ),
    pytest.param(
        "info",
        "ready",
        {"took": 0.4, "ok": True},
        "14:03:12.204 INFO  ready                took=0.4s ok=true",
        id="seconds",
    ),
    pytest.param(
        "info", "a message longer than the pad", {}, "14:03:12.204 INFO  a message longer than the pad", id="long"
    ),
    pytest.param(
        "info",
        "odd",
        {"name": "x\n14:03:12 ERROR forged \x1b[31m"},
        '14:03:12.204 INFO  odd                  name="x\\n14:03:12 ERROR forged \\x1b[31m"',
        id="no-forged-lines",
    ),
]


@pytest.mark.parametrize(("level", "message", "fields", "line"), GOLDEN)
def test_text_lines(level: str, message: str, fields: dict[str, Any], line: str) -> None:
    """A message is one line for people: time, level, padded text, then fields in their order."""
    written = Written("text")
    getattr(structlog.get_logger(), level)(message, **fields)
    assert written.lines() == [line]


def test_json_line() -> None:
    """A message is one JSON document a line, that begins with ts, level, msg and logger."""
    written = Written("json")
    structlog.get_logger("multicasskop.rollout").info(
        "step started", member="eu-north", step=2, steps=3, took=3.2, paths=("a",)
    )
    assert written.lines() == [
        '{"ts":"2026-11-23T14:03:12.204Z","level":"info","msg":"step started","logger":"rollout",'
        '"member":"eu-north","step":2,"steps":3,"took":3.2,"paths":["a"]}'
    ]


def test_auto_is_json_off_a_terminal() -> None:
    """Without a terminal the automatic format is JSON."""
    written = Written("auto")
    structlog.get_logger().info("ready")
    assert written.documents()[0]["msg"] == "ready"


def test_level_may_change_while_running() -> None:
    """Messages below the level are dropped, and the level may be changed."""
    written = Written("text", "warn")
    log = structlog.get_logger()
    log.info("one")
    written.level.name = "debug"
    log.debug("two")
    assert [line.split()[2] for line in written.lines()] == ["two"]
    assert written.counted == ["debug"]


def test_debug_may_be_switched_on_for_ten_minutes() -> None:
    """Debug messages pass for ten minutes after the switch, or until it is used again."""
    written = Written("text", "warn")
    log = structlog.get_logger()
    for step in (0.0, 599.0, 2.0):
        written.clock.advance(step)
        if step == 0.0:
            written.level.toggle_debug()
        log.debug(f"after {step:g}")
    written.level.toggle_debug()
    log.debug("on again")
    written.level.toggle_debug()
    log.debug("off again")
    assert [" ".join(line.split()[2:]) for line in written.lines()] == ["after 0", "after 599", "on again"]


def test_same_warning_comes_once_a_minute_and_says_how_often() -> None:
    """A repeated warning about the same thing is held back for a minute, and counted."""
    written = Written("json")
    log = structlog.get_logger()
    for second in range(70):
        log.warning("member dark", member="c2", error=f"attempt {second}")
        written.clock.advance(1.0)
    assert [(entry["error"], entry.get("repeated")) for entry in written.documents()] == [
        ("attempt 0", None),
        ("attempt 60", 59),
    ]


def test_other_warnings_are_not_held_back() -> None:
    """Another member, object or code is another warning, and other levels always pass."""
    written = Written("json")
    log = structlog.get_logger()
    for fields in (
        {"member": "c1"},
        {"member": "c2"},
        {"member": "c2", "mck": "a/b"},
        {"member": "c2", "code": "MCK301"},
    ):
        log.warning("trouble", **fields)
    log.info("trouble")
    log.info("trouble")
    assert len(written.lines()) == 6


def test_warnings_about_nothing_in_particular_differ_by_their_error() -> None:
    """Without a member or an object it is the error that makes a warning another one."""
    written = Written("json")
    log = structlog.get_logger()
    for error in ("one", "two", "one"):
        log.warning("setting passed over", error=error)
    assert [entry["error"] for entry in written.documents()] == ["one", "two"]


def test_remembered_warnings_are_bounded() -> None:
    """Ten thousand different warnings all pass, and only the newest thousand are remembered."""
    written = Written("json")
    log = structlog.get_logger()
    for number in range(10_000):
        log.warning("trouble", mck=f"a/{number}")
    log.warning("trouble", mck="a/0")
    log.warning("trouble", mck="a/9999")
    assert len(written.lines()) == 10_001


def test_stack_only_at_error() -> None:
    """An exception's stack stands at level error only; below that its own words do."""
    written = Written("json")
    log = structlog.get_logger()
    try:
        int("broken")
    except ValueError:
        log.warning("retried", exc_info=True)
        log.exception("gave up")
    low, high = written.documents()
    assert (low["error"], low["error_type"], "stack" in low) == (
        "invalid literal for int() with base 10: 'broken'",
        "ValueError",
        False,
    )
    assert "Traceback" in high["stack"]


def test_stack_stands_below_the_line_in_text() -> None:
    """For people the stack follows on lines of its own."""
    written = Written("text")
    structlog.get_logger().error("thread died", thread="probe/c1", exc_info=ValueError("no"))
    assert written.lines() == [
        "14:03:12.204 ERROR thread died          thread=probe/c1 error=no error_type=ValueError",
        "ValueError: no",
    ]


def test_other_libraries_pass_the_same_pipeline() -> None:
    """A record of another library's logger is one line with its logger's name; its debug and info stay out."""
    written = Written("json")
    foreign = logging.getLogger("urllib3.connectionpool")
    foreign.info("Starting connection")
    foreign.warning("Retrying %s", "Bearer abc.def.ghi")
    assert [(entry["logger"], entry["level"], entry["msg"]) for entry in written.documents()] == [
        ("urllib3.connectionpool", "warn", "Retrying [redacted]")
    ]


CANARY = "c4n4ry-7f3a9b"
SECRETS = [
    pytest.param({"token": CANARY}, id="token"),
    pytest.param({"bearer_token": CANARY}, id="token-in-a-longer-name"),
    pytest.param({"Authorization": f"Basic {CANARY}"}, id="authorization"),
    pytest.param({"data": {"ca.crt": CANARY}}, id="data"),
    pytest.param({"stringData": [CANARY]}, id="string-data"),
    pytest.param({"password": CANARY}, id="password"),
    pytest.param({"headers": {"authorization": CANARY}}, id="nested-header"),
    pytest.param({"items": [{"nested": {"password": CANARY}}]}, id="nested-in-a-list"),
    pytest.param({"error": f"refused: Bearer {CANARY}"}, id="bearer-in-a-text"),
    pytest.param({"error": ValueError(f"GET https://user:{CANARY}@host/x")}, id="password-in-an-address"),
    pytest.param({"error": f"GET /x?token={CANARY}&a=b"}, id="token-in-a-query"),
    pytest.param({"error": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"}, id="key-in-a-text"),
    pytest.param({"error": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}"}, id="key-that-was-cut"),
    pytest.param({"object": {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": CANARY}}}, id="whole-object"),
    pytest.param({"object": {"metadata": {"name": "s"}, "spec": {"x": CANARY}}}, id="object-without-kind"),
    pytest.param({"raw": CANARY.encode()}, id="bytes"),
    pytest.param({"env": [{"name": "X", "value": CANARY}]}, id="environment"),
]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("fields", SECRETS)
def test_secrets_do_not_get_through(fields: dict[str, Any], form: str) -> None:
    """Nothing that could be a secret is written, in whatever field or text it comes."""
    written = Written(form)
    structlog.get_logger().info("looked", **fields)
    assert len(written.lines()) == 1
    assert CANARY not in written.lines()[0]


def test_stack_is_redacted() -> None:
    """A stack is written without the secrets in its texts."""
    written = Written("json")
    structlog.get_logger().error("gave up", exc_info=RuntimeError(f"Bearer {CANARY}"))
    assert CANARY not in written.lines()[0]


@pytest.mark.parametrize(
    "value",
    ["x" * 1_000_000, ["y" * 100] * 5_000, {str(n): n for n in range(9_999)}, [[[[[["z"] * 99]]]]]],
    ids=["text", "list", "map", "deep"],
)
def test_hostile_sizes_are_cut(value: object) -> None:
    """However large or deep a value is, its line stays small."""
    written = Written("json")
    structlog.get_logger().info("looked", value=value)
    assert len(written.lines()[0]) < 8192


@pytest.mark.parametrize("field", ["member", "namespace", "key", "via", "datacenter", "path", "paths"])
def test_ordinary_fields_are_left_alone(field: str) -> None:
    """Redaction does not touch the fields that tell the story."""
    written = Written("json")
    structlog.get_logger().info("looked", **{field: "cassandra/demo"})
    assert written.documents()[0][field] == "cassandra/demo"
