"""Say what was seen and done: events, log lines, metrics, and the status if it has changed."""

from typing import Any, Protocol

import structlog
from multicasskop.crds.base import Json
from multicasskop.crds.names import FIELD_MANAGER, MULTICASSKOP_KIND, api_version
from multicasskop.informers.clock import Clock
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_not_found
from multicasskop.reconcilers.event_series import Reference
from multicasskop.reconcilers.multicasskop.events import WARNING, News, news_of
from multicasskop.reconcilers.multicasskop.facts import Meta, Parent
from multicasskop.reconcilers.multicasskop.memory import Memory
from multicasskop.reconcilers.multicasskop.picture import Picture
from multicasskop.reconcilers.multicasskop.status import status_of, status_patch
from multicasskop.reconcilers.multicasskop.watches import MULTICASSKOPS
from multicasskop.reconcilers.request import Context

Log = structlog.typing.FilteringBoundLogger


class Recorder(Protocol):
    """Takes events; never blocks and never raises."""

    def event(self, regarding: Reference, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Record that something happened to an object."""
        ...


class Reporter:
    """Tells people and programs about one reconcile. Thread-safe."""

    def __init__(self, clusters: Clusters, recorder: Recorder, memory: Memory, clock: Clock) -> None:
        """Write statuses to the home cluster, and events through `recorder`."""
        self._clusters, self._recorder, self._memory, self._clock = clusters, recorder, memory, clock

    def report(self, picture: Picture, context: Context) -> None:
        """Record what is new, and write the status if it says something else than before."""
        meta = picture.facts.parent.meta
        for news in news_of(picture):
            self._tell(meta, news, context.log)
        if picture.let_go:
            return
        patch = status_patch(picture.facts.parent.status, status_of(picture, self._clock.now()))
        if patch is not None:
            self._write(meta, patch, context.deadline)

    def _tell(self, meta: Meta, news: News, log: Log) -> None:
        self._recorder.event(_reference(meta), news.type, news.reason, news.note, member=news.member)
        fields: dict[str, Any] = {"mck": str(meta.key), "note": news.note}
        if news.member:
            fields["member"] = news.member
        (log.warning if news.type == WARNING else log.info)(_words(news.reason), **fields)

    def _write(self, meta: Meta, patch: Json, deadline: Deadline) -> None:
        try:
            answer = self._clusters.home.client.merge_patch(
                MULTICASSKOPS,
                meta.key.namespace,
                meta.key.name,
                {**patch, "metadata": {"uid": meta.uid}},
                subresource="status",
                field_manager=FIELD_MANAGER,
                deadline=deadline,
            )
        except ApiError as error:
            if not is_not_found(error):
                raise
            return
        written = Parent.of(answer)
        self._memory.reported(meta.key, meta.uid, written.meta.version, written.status)


def _reference(meta: Meta) -> Reference:
    return Reference(api_version(), MULTICASSKOP_KIND, meta.key.namespace, meta.key.name, meta.uid)


def _words(reason: str) -> str:
    """`StepStarted` as a log message: `step started`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in reason).strip()
