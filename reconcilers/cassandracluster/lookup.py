"""Looks up what a spec refers to, by name and one at a time: no cache of all Secrets, nor the right to list them.

Only for a cluster at which something is done; what was found is believed for some seconds, and shared by all clusters.
"""

import threading
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from cachetools import TLRUCache
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_forbidden, is_not_found
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.kinds import CONFIGMAPS, SECRETS, SERVICE_ACCOUNTS, STORAGE_CLASSES
from multicasskop.reconcilers.cassandracluster.references import Found, Reference, Thing

Json = dict[str, Any]

AGAIN_SECONDS: Final = 3.0
"""When to look again for what was missing: nobody tells when it comes."""
_FOUND_SECONDS: Final = 10.0
_FORBIDDEN_SECONDS: Final = 300.0
_KEPT: Final = 4096
_RESOURCES: Final = {
    "ConfigMap": CONFIGMAPS,
    "Secret": SECRETS,
    "ServiceAccount": SERVICE_ACCOUNTS,
    "StorageClass": STORAGE_CLASSES,
}


class _Forbidden:
    """Nobody lets us see whether it is there."""


Answer: TypeAlias = "frozenset[str] | _Forbidden | None"
_FORBIDDEN: Final = _Forbidden()


class Lookup:
    """Asks one cluster's API server for single objects. Thread-safe."""

    def __init__(self, client: Client, clock: Clock) -> None:
        """Know nothing yet."""
        self._client, self._lock = client, threading.Lock()
        self._known: TLRUCache[tuple[str, Thing], Answer] = TLRUCache(_KEPT, _expiry, timer=clock.monotonic)

    def find(self, namespace: str, references: Iterable[Reference], deadline: Deadline) -> Found:
        """What is known of the things that are referred to; raises what the client raises, but for refusals."""
        answers = {each.thing: self._answer(namespace, each.thing, deadline) for each in references}
        return {thing: answer for thing, answer in answers.items() if not isinstance(answer, _Forbidden)}

    def _answer(self, namespace: str, thing: Thing, deadline: Deadline) -> Answer:
        resource = _RESOURCES[thing.kind]
        place = (namespace if resource.namespaced else "", thing)
        with self._lock:
            if place in self._known:
                return self._known[place]
        answer = self._ask(resource, *place, deadline)
        with self._lock:
            self._known[place] = answer
        return answer

    def _ask(self, resource: Resource, namespace: str, thing: Thing, deadline: Deadline) -> Answer:
        try:
            found = self._client.get(resource, namespace, thing.name, deadline=deadline)
        except ApiError as error:
            if is_not_found(error):
                return None
            if is_forbidden(error):
                return _FORBIDDEN
            raise
        return frozenset({*(found.get("data") or {}), *(found.get("binaryData") or {})})


def _expiry(place: tuple[str, Thing], answer: Answer, now: float) -> float:
    match answer:
        case None:
            # sooner than it is looked for again
            return now + AGAIN_SECONDS / 2
        case _Forbidden():
            return now + _FORBIDDEN_SECONDS
        case _:
            return now + _FOUND_SECONDS
