"""What of a user's own file is hidden, and what is shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.operator.planning.redacted import HIDDEN, LONGEST, shown, without_secrets


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        ({"name": "DB_PASSWORD", "value": "x"}, True),
        ({"name": "API_KEY", "value": "x"}, True),
        ({"name": "REPLICATION_AUTH", "value": 7}, True),
        ({"name": "ZONE", "value": "x"}, False),
        ({"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}, False),
        ({"keystore_password": "x"}, True),
        ({"client-secret": "x"}, True),
        ({"token": "x"}, True),
        ({"num_tokens": 16}, False),
        ({"initial_token": "1"}, False),
        ({"credentials_validity_in_ms": 2000}, False),
        ({"imagePullSecret": {"name": "x"}}, False),
        ({"secretName": "x"}, False),
        ({"require_client_auth": True, "password": True}, False),
        ({"keystore_pass": "x"}, True),
        ({"bypass": "x"}, False),
        ({"name": "BACKUP_URL", "value": "s3://user:x@bucket"}, True),
        ({"name": "JVM_OPTS", "value": "-Djavax.net.ssl.keyStorePassword=x"}, True),
        ({"name": "JVM_OPTS", "value": "-Xmx2G"}, False),
        ({"jvm-options": {"additional": "-Dcom.sun.management.jmxremote.password=x"}}, True),
        ({"command": ["sh", "-c", "curl -u admin:x"]}, True),
        ({"command": ["curl", "-u", "admin:x"]}, True),
        ({"command": ["tool", "--password", "x"]}, True),
        ({"command": ["tool", "--user", "x", "password"]}, False),
        ({"name": "TOKEN", "value": "x", "more": "s3://user:x@bucket"}, True),
    ],
    ids=str,
)
def test_hidden(value: dict[str, Any], hidden: bool) -> None:
    """Passwords are hidden by the name of their field or variable; what only refers to a Secret is shown."""
    deep = {"spec": [{"x": value}]}
    assert (HIDDEN in str(without_secrets(deep))) is hidden
    assert (without_secrets(deep) == deep) is not hidden


@given(
    st.recursive(st.integers() | st.booleans() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.just("a"), x))
)
def test_nothing_else_is_changed(value: Any) -> None:  # noqa: ANN401
    """What holds no secret comes back as it is."""
    assert without_secrets(value) == value


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [("x", "", "x"), ("", "", '""'), (5, "", "5"), (None, "", "null"), ([1], "", "[1]"), ("x", "password", HIDDEN)],
)
def test_shown(value: Any, name: str, text: str) -> None:  # noqa: ANN401
    """A value in one line."""
    assert shown(value, name) == text


def test_long_values_are_cut() -> None:
    """A long value is cut, and that is seen."""
    assert len(shown("x" * 500)) == LONGEST
    assert shown("x" * 500).endswith("…")


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (["curl", "-u", "admin:hunter2", "host"], ["curl", "-u", HIDDEN, "host"]),
        ("s3://user:hunter2@bucket/path", f"s3://{HIDDEN}@bucket/path"),
        (
            {"name": "KEY", "value": "a", "url": "s3://u:hunter2@b"},
            {"name": "KEY", "value": HIDDEN, "url": f"s3://{HIDDEN}@b"},
        ),
    ],
    ids=["an argument of its own", "an address", "beside a variable"],
)
def test_what_stands_around_a_secret_is_shown(value: Any, left: Any) -> None:  # noqa: ANN401
    """Of a text only the secret is hidden."""
    assert without_secrets(value) == left
