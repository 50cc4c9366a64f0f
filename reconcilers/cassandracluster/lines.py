"""The lines to nodes: the Jolokia of a pod, with the login that the CassandraCluster names.

A login is read when a node is asked, and kept for a minute: a password that was changed is known soon, and no cache of
all Secrets is needed, nor the right to list them.
"""

import base64
import binascii
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from cachetools import TTLCache
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import InformerError
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.client import Credentials, JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.pool import Line
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Question
from multicasskop.reconcilers.cassandracluster.kinds import SECRETS
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.span_set import CALL, action_of
from multicasskop.reconcilers.spans import ERROR_TYPE, Span
from multicasskop.reconcilers.trace_context import TraceContext
from multicasskop.reconcilers.traces import Traces

KEPT_SECONDS: Final = 60.0
_KEPT: Final = 1024

Json = dict[str, Any]
Find = Callable[[Key], CassandraCluster | None]
AnswerT = TypeVar("AnswerT")


class Lines:
    """Makes lines to nodes. Thread-safe; `find` gives the CassandraCluster of a name, which names the login."""

    def __init__(self, client: Client, find: Find, traces: Traces, clock: Clock) -> None:
        """Know no login yet."""
        self._client, self._find, self._traces, self._clock = client, find, traces, clock
        self._lock = threading.Lock()
        self._logins: TTLCache[Key, Credentials] = TTLCache(_KEPT, KEPT_SECONDS, timer=clock.monotonic)

    def connect(self, cluster: Key, pod: Pod) -> Line:
        """A line to the node in a pod; one that answers nothing but why there is none, where the login is missing."""
        found = self._find(cluster)
        line = self._line(cluster, secret_of(found), pod)
        span = action_of(found) if found is not None and self._traces.on else None
        return TracedLine(line, pod, span, self._traces, self._clock) if span is not None else line

    def _line(self, cluster: Key, name: str, pod: Pod) -> Line:
        try:
            login = self._login(Key(cluster.namespace, name)) if name else None
        except (InformerError, ValueError) as error:
            return DeadLine(Failed("unauthorized", f"Secret {cluster.namespace}/{name} (imageJolokiaSecret): {error}"))
        return JolokiaClient(pod.ip, credentials=login, clock=self._clock)

    def _login(self, secret: Key) -> Credentials:
        with self._lock:
            known = self._logins.get(secret)
        if known is None:
            known = credentials_of(self._client.get(SECRETS, secret.namespace, secret.name))
            with self._lock:
                self._logins[secret] = known
        return known


class TracedLine:
    """A line that makes a span of each question, as part of what is being done."""

    def __init__(self, line: Line, pod: Pod, parent: TraceContext, traces: Traces, clock: Clock) -> None:
        """Ask through `line`."""
        self._line, self._pod, self._parent, self._traces, self._clock = line, pod, parent, traces, clock

    def ask(self, question: Question[AnswerT]) -> AnswerT | Failed:
        """What the line gives."""
        began = self._clock.now()
        answer = self._line.ask(question)
        failed = answer.reason if isinstance(answer, Failed) else ""
        attributes = {"pod": self._pod.name, "question": type(question).__name__}
        told = {**attributes, ERROR_TYPE: failed} if failed else attributes
        context, now = self._traces.fresh_child(self._parent), self._clock.now()
        self._traces.send(Span(CALL, context, self._parent, began, now, told, failed, client=True))
        return answer

    def close(self) -> None:
        """Cut what is under way."""
        self._line.close()


class DeadLine:
    """No line: whatever is asked fails for the same reason."""

    def __init__(self, why: Failed) -> None:
        """Know why."""
        self._why = why

    def ask(self, question: Question[Any]) -> Failed:
        """Why there is none."""
        return self._why

    def close(self) -> None:
        """There is nothing to cut."""


def secret_of(cluster: CassandraCluster | None) -> str:
    """The Secret with the login of a cluster's Jolokia; empty for one without."""
    named = cluster.spec.image_jolokia_secret if cluster is not None else None
    return (named.name or "") if named is not None else ""


def credentials_of(secret: Json) -> Credentials:
    """The login in a Secret; ValueError names the key that is missing or cannot be read, never a value."""
    return Credentials(_text(secret, "username"), _text(secret, "password"))


def _text(secret: Json, key: str) -> str:
    try:
        return base64.b64decode((secret.get("data") or {})[key], validate=True).decode()
    except KeyError:
        raise ValueError(f"key {key} is missing") from None
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(f"key {key} is no text") from None
