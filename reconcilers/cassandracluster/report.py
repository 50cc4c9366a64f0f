"""Tell people: an event and a line of the log for each piece of news. What programs wait for stands in the status."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog
from multicasskop.crds.base import ObjectMeta
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, api_version
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.news import News
from multicasskop.reconcilers.event_reason import WARNING
from multicasskop.reconcilers.event_series import Reference

Log = structlog.typing.FilteringBoundLogger


class Recorder(Protocol):
    """Takes events; never blocks and never raises."""

    def event(self, regarding: Reference, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Record that something happened to an object."""
        ...

    def over(self, gone: Reference) -> None:
        """Forget an object that is gone; what was said of it will still be written."""
        ...


@dataclass(frozen=True, slots=True)
class Reporter:
    """Tells the news of CassandraClusters through one recorder."""

    recorder: Recorder

    def tell(self, meta: ObjectMeta, told: Iterable[News], log: Log) -> None:
        """Tell all of it, in order."""
        reference = Reference(api_version(), CASSANDRACLUSTER_KIND, meta.namespace, meta.name, meta.uid)
        for news in told:
            self.recorder.event(reference, news.type, news.reason, news.note)
            (log.warning if news.type == WARNING else log.info)(_words(news.reason), note=news.note)

    def over(self, key: Key) -> None:
        """Nothing more is to be told of a cluster that is gone."""
        self.recorder.over(Reference(api_version(), CASSANDRACLUSTER_KIND, *key))


def _words(reason: str) -> str:
    """`ActionStarted` as a log message: `action started`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in reason).strip()
