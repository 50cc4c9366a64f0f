"""Tokens that a program gives: a credential plugin that a kubeconfig names, or ours that asks an identity provider.

A program gets no terminal and no questions answered, and has a limit of time. Nothing that it says is repeated.
"""

import json
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from multicasskop.informers import claims
from multicasskop.informers.errors import CredentialsError, one_line
from multicasskop.informers.kubeconfig import Context
from multicasskop.informers.tokens import FILE_LIFE, Token, clean

# seconds; plugins of clouds take two or three of them
HELPER_LIMIT = 10.0
# a token is looked up again this long before it ends, so that none ends on its way
AHEAD_OF_EXPIRY = 30.0
SHORTEST_LIFE = 10.0
# the official client renews a provider's token so long before its end
PROVIDER_AHEAD = 300.0
BY_HAND = "Run it by hand: it must end by itself and ask nothing."
ASK_PROVIDER = "See whether the identity provider answers, and whether the refresh token is still good."
INSTALL = "Install it, or use a context without it."
# the working folder may be anybody's
PROVIDER = (sys.executable, "-P", "-m", "multicasskop.informers.oidc")
CONFIG_EXTENSION = "client.authentication.k8s.io/exec"
# what nonsense in place of a description or an answer raises when it is read
NONSENSE = (ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """What is started, and where: `name` and `missing` are for people, `given` is its standard input."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: str | None = None
    given: bytes = b""
    missing: str = INSTALL
    remedy: str = BY_HAND


def plugin_token(entry: Context, command: Mapping[str, Any], where: str, now: datetime) -> Token:
    """Start a credential plugin (client.authentication.k8s.io) and return its token; CredentialsError."""
    try:
        answer = run(_plugin(entry, command, where))
        status = _status(answer, command["apiVersion"])
        value, end = status.get("token") or "", _end(status.get("expirationTimestamp"))
    except NONSENSE as error:
        raise CredentialsError(where, f"the helper failed: {type(error).__name__}", BY_HAND) from None
    if not value:
        raise CredentialsError(where, "the helper gave no token", "Client certificates from helpers are not supported.")
    return _token(clean(value, where), end, now)


def provider_token(provider: dict[str, Any], where: str, now: datetime) -> Token:
    """Return the token of an `auth-provider`, renewed if it ends soon; CredentialsError.

    What is learnt on the way is kept in `provider`, not in the user's file.
    """
    if value := _lasting(provider, now):
        return _of_provider(value, now)
    answer = _answer(provider, where)
    if "token" not in answer:
        raise CredentialsError(where, f"no token from the auth-provider: {answer['error']}", ASK_PROVIDER)
    provider.update(answer["provider"])
    value = clean(answer["token"], where)
    return _of_provider(value, now)


def run(program: Program) -> bytes:
    """Run to the end and return what was written; CredentialsError when it fails, or has not ended in time."""
    with _start(program) as process:
        # with our own end it ends, too, in whatever thread it was started
        ending = weakref.finalize(process, _kill, process.pid)
        try:
            output, _ = process.communicate(program.given, HELPER_LIMIT)
        except BaseException as error:
            ending()
            if isinstance(error, subprocess.TimeoutExpired):
                problem = f"the helper has not ended in {HELPER_LIMIT:g} s, and was killed"
                raise CredentialsError(program.name, problem, program.remedy) from None
            raise
        ending.detach()
    if process.returncode:
        raise CredentialsError(program.name, f"the helper failed: it ended with {process.returncode}", program.remedy)
    return output


def _start(program: Program) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  the user's own kubeconfig names it
            program.arguments,
            stdin=subprocess.PIPE if program.given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=program.directory,
            env=program.environment,
            # a group of its own: what it has started ends with it
            start_new_session=True,
        )
    except FileNotFoundError:
        raise CredentialsError(program.name, "there is no such program", program.missing) from None
    except OSError as error:
        raise CredentialsError(
            program.name, f"the helper cannot be started: {error.strerror}", program.remedy
        ) from None


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _plugin(entry: Context, command: Mapping[str, Any], where: str) -> Program:
    if command.get("interactiveMode") == "Always":
        raise CredentialsError(where, "the helper wants to ask a person", "Use a context without it.")
    given = {str(item["name"]): str(item["value"]) for item in command.get("env") or ()}
    info = json.dumps(_info(entry, command))
    return Program(
        where,
        [str(word) for word in (command["command"], *(command.get("args") or ()))],
        {**os.environ, **given, "KUBERNETES_EXEC_INFO": info},
        str(entry.user_directory),
        missing=one_line(str(command.get("installHint") or "")) or INSTALL,
    )


def _info(entry: Context, command: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plugin is told: that there is nobody to be asked, and if it wants to know, for which cluster."""
    spec: dict[str, Any] = {"interactive": False}
    if command.get("provideClusterInfo"):
        spec["cluster"] = dict(entry.cluster)
        for each in entry.cluster.get("extensions") or ():
            if each["name"] == CONFIG_EXTENSION:
                spec["cluster"]["config"] = each["extension"]
    return {"apiVersion": command["apiVersion"], "kind": "ExecCredential", "spec": spec}


def _status(answer: bytes, version: str) -> Mapping[str, Any]:
    content = json.loads(answer)
    if content["kind"] != "ExecCredential" or content["apiVersion"] != version:
        raise ValueError
    status: Mapping[str, Any] = content["status"]
    return status


def _lasting(provider: Mapping[str, Any], now: datetime) -> str:
    """Return the token that a provider has, if it is one that need not be renewed yet."""
    config = provider.get("config")
    value = config.get("id-token") if isinstance(config, Mapping) and provider.get("name") == "oidc" else None
    end = claims.expiry(value) if isinstance(value, str) else None
    return str(value) if end and _left(end, now) > PROVIDER_AHEAD + FILE_LIFE else ""


def _answer(provider: Mapping[str, Any], where: str) -> dict[str, Any]:
    try:
        asked = json.dumps(provider).encode()
        return dict(json.loads(run(Program(where, PROVIDER, os.environ, given=asked, remedy=ASK_PROVIDER))))
    except NONSENSE as error:
        return {"error": type(error).__name__}


def _of_provider(value: str, now: datetime) -> Token:
    return Token(value, good=_left(claims.expiry(value), now))


def _token(value: str, end: datetime | None, now: datetime) -> Token:
    """Return a token that is looked up again shortly before its end; without one, when the server refuses it."""
    left = _left(end, now)
    return Token(value, max(SHORTEST_LIFE, left - AHEAD_OF_EXPIRY), max(SHORTEST_LIFE, left))


def _end(text: str | None) -> datetime | None:
    end = datetime.fromisoformat(text) if text else None
    return end.replace(tzinfo=UTC) if end and not end.tzinfo else end


def _left(end: datetime | None, now: datetime) -> float:
    return (end - now).total_seconds() if end else float("inf")
