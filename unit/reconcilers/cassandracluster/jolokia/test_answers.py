"""What counts as an answer of Jolokia, and what as none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed, shown, value_of

ERROR = b'{"error_type":"E","error":"javax.management.AttributeNotFoundException : No such attribute: X","status":404}'


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"status":200,"value":["a"]}', ["a"], id="list"),
        pytest.param(b'{"status":200,"value":null}', None, id="nothing, as of a void operation"),
        pytest.param(b'{"status":200,"value":0,"error":""}', 0, id="an empty error is none"),
    ],
)
def test_value_of_a_success(body: bytes, value: object) -> None:
    """Status 200 without an error is a success, also without content."""
    assert value_of(body) == value


@pytest.mark.parametrize(
    ("body", "reason", "status"),
    [
        pytest.param(ERROR, "error", 404, id="error in a body of HTTP 200"),
        pytest.param(b'{"status":200,"value":1,"error":"half of it"}', "error", 200, id="error beside a value"),
        pytest.param(b'{"status":500}', "error", 500, id="error without a reason"),
        pytest.param(b"<html>It works!</html>", "garbage", 0, id="another's page"),
        pytest.param(b"", "garbage", 0, id="nothing"),
        pytest.param(b"\xff\xfe", "garbage", 0, id="no text"),
        pytest.param(b"[" * 100_000, "garbage", 0, id="nested without end"),
        pytest.param(b'["a"]', "garbage", 0, id="JSON of another kind"),
        pytest.param(b'{"value":["a"]}', "garbage", 0, id="no status"),
        pytest.param(b'{"status":"200","value":1}', "garbage", 0, id="status is a text"),
        pytest.param(b'{"status":200}', "garbage", 0, id="no value"),
    ],
)
def test_what_is_no_success_says_why(body: bytes, reason: str, status: int) -> None:
    """Errors and answers of others are failures with a reason, never a value."""
    found = value_of(body)
    assert isinstance(found, Failed)
    assert (found.reason, found.status) == (reason, status)


@given(st.binary())
def test_no_bytes_break_it(body: bytes) -> None:
    """Whatever comes, there is a value or a failure with a short text."""
    found = value_of(body)
    assert not isinstance(found, Failed) or len(found.message) < 400


def test_secrets_are_hidden_before_a_text_is_cut() -> None:
    """A secret at the place where a long text ends is not shown by half."""
    body = b"x" * 290 + b" password-of-mine " + b"y" * 100
    found = value_of(body, lambda text: text.replace("password-of-mine", "(redacted)"))
    assert isinstance(found, Failed)
    assert "pass" not in found.message


@pytest.mark.parametrize(
    ("failed", "offered", "under_way"),
    [
        pytest.param(Failed("error", "m", 404), False, False, id="no such attribute"),
        pytest.param(Failed("error", "m", 400), False, False, id="other parameters"),
        pytest.param(Failed("error", "m", 500), True, False, id="exception of Cassandra's"),
        pytest.param(Failed("garbage", "m", 404), True, True, id="HTTP 404: who knows who that was"),
        pytest.param(Failed("timeout", "m"), True, True, id="no answer"),
        pytest.param(Failed("refused", "m"), True, False, id="nobody there"),
    ],
)
def test_failures_say_what_follows_from_them(failed: Failed, offered: bool, under_way: bool) -> None:
    """Whether another way may be tried, and whether a command may be carried out all the same."""
    assert failed.is_not_offered is not offered
    assert failed.may_be_under_way is under_way


def test_texts_are_one_short_line() -> None:
    """Line breaks of stack traces go, and so does what is too long for an event."""
    assert shown("a\n\tb  c") == "a b c"
    assert len(shown("x" * 1000)) == 301
    assert str(Failed("error", "it cannot")) == "error: it cannot"
