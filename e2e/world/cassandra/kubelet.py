"""Kubelet, scheduler and provisioner of one member, for pods of CassandraClusters: in one event loop of its own."""

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.world.api import Api
from multicasskop.world.cassandra import described
from multicasskop.world.cassandra.addresses import Addresses
from multicasskop.world.cassandra.book import Book, Folder, folder_of
from multicasskop.world.cassandra.claims import Claims
from multicasskop.world.cassandra.life import House, Life
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.rules import Rule, RuleFile, Treatment, rules_of, treatment
from multicasskop.world.cassandra.writer import Writer
from multicasskop.world.kinds import CLAIMS, PODS
from multicasskop.world.watching import Watcher, key_of

Json = dict[str, Any]
Key = tuple[str, str]

FILE_POLL = 0.05


class Kubelet:
    """Runs the pods of one member's CassandraClusters, in all namespaces, until `stop`.

    Pods of one ring share a folder below `rings` with those in other members; what goes wrong stands in the file of
    rules. One that is started again goes on with the pods that are there.
    """

    def __init__(
        self, api: Api, options: PodOptions, rings: Path, rules: RuleFile, *, clock: Clock | None = None
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._writer = Writer(api)
        self._claims = Claims(self._writer, options.resize)
        self._options, self._rings, self._file = options, rings, rules
        self._usual = options.treatment
        self._rules: tuple[Rule, ...] = ()
        self._treatments: dict[str, Treatment] = {}
        self._lives: dict[Key, Life] = {}
        self._books: dict[Path, Folder] = {}
        self._house = House(
            self._writer, self._claims, Addresses(), self._book, self._treatment, options, clock or SystemClock()
        )
        watched = ((PODS, self._pod), (CLAIMS, self._claim))
        self._watchers = [Watcher(api, kind, partial(self._hand_over, take)) for kind, take in watched]
        self._thread = threading.Thread(target=self._run, name=f"kubelet/{api.member}")
        self._log = structlog.get_logger("pods").bind(member=api.member)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        for watcher in self._watchers:
            watcher.start()

    def stop(self) -> None:
        """End: no node answers any more, and nothing is written."""
        for watcher in self._watchers:
            watcher.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._writer.close()

    def _run(self) -> None:
        following = self._loop.create_task(self._follow_rules())
        self._loop.run_forever()
        following.cancel()
        for life in self._lives.values():
            life.gone()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def _hand_over(self, take: Any, kind: str, item: Json) -> None:  # noqa: ANN401  one of our methods
        """Bring an event from a watcher's thread into the loop."""
        self._loop.call_soon_threadsafe(take, kind, item)

    def _claim(self, kind: str, claim: Json) -> None:
        if (claim["metadata"].get("labels") or {}).get(described.APP[0]) == described.APP[1]:
            self._claims.seen(key_of(claim), kind, claim)

    def _pod(self, kind: str, pod: Json) -> None:
        """Take an event of a pod: it is new, another of its name, asked to end, or gone."""
        key = key_of(pod)
        life = self._lives.get(key)
        if life is not None and (kind == "DELETED") is (life.uid == pod["metadata"]["uid"]):
            life.gone()
            del self._lives[key]
            life = None
        if kind == "DELETED" or not described.is_ours(pod):
            return
        if life is None:
            life = self._lives[key] = Life(self._house, pod)
        life.take(pod)

    async def _follow_rules(self) -> None:
        """Do what the file of rules says, whenever it says something else."""
        current = b""
        while True:
            text = self._file.read()
            if text != current:
                current = text
                self._obey(text)
                self._file.follow(text)
            await asyncio.sleep(FILE_POLL)

    def _obey(self, text: bytes) -> None:
        try:
            self._rules = rules_of(text)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            self._log.error("rules that are none", error=str(error))
        self._treatments.clear()
        for life in self._lives.values():
            life.changed.set()

    def _treatment(self, pod: str) -> Treatment:
        if (found := self._treatments.get(pod)) is None:
            found = self._treatments[pod] = treatment(self._rules, pod, self._usual)
        return found

    def _book(self, namespace: str, cluster: str) -> Book:
        path = folder_of(self._rings, namespace, cluster)
        if path not in self._books:
            self._books[path] = Folder(path)
        return self._books[path]
