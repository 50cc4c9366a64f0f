"""The play in acts: what a ring needs, one MultiCasskop, a look at the ring, its deletion, and what that proves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from multicasskop.informers.clock import Clock
from multicasskop.operator.demo.history import Cast, History, Seen, first_running, metadata_of
from multicasskop.operator.demo.proof import Claim, prove
from multicasskop.operator.demo.scene import Act, Scene
from multicasskop.operator.demo.trace import one_trace
from multicasskop.operator.output.ages import age
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.output.report import report_of
from multicasskop.operator.output.tree import tree_lines
from multicasskop.world.progress import Progress, ProgressSink
from multicasskop.world.services.jaeger import Span

SETTLED_SECONDS = 10.0
BAR = 12
LOOK_SECONDS = 0.1


class Preparation(NamedTuple):
    """One thing that is there before the MultiCasskop: its title, and what makes it, which returns a better title."""

    title: str
    prepare: Callable[[ProgressSink], str]


class Examination(NamedTuple):
    """A look at a ring that is Ready: its title, and what returns a claim, and lines that show what it is about."""

    title: str
    examine: Callable[[], tuple[Claim, Sequence[str]]]


class Staging(Protocol):
    """What the play asks of its stage."""

    cast: Cast
    ring_seconds: float
    """How long a ring may take to be Ready."""
    gone_seconds: float
    """How long it may take to be gone."""

    def preparations(self, *, trace: bool) -> Sequence[Preparation]:
        """Everything that a MultiCasskop needs, in order; with `trace` a Jaeger, before whoever sends to it."""
        ...

    def examinations(self) -> Sequence[Examination]:
        """What there is to see of a ring that is Ready."""
        ...

    def apply(self) -> None:
        """Create the MultiCasskop."""

    def delete(self) -> None:
        """Ask for its deletion."""

    def seen(self) -> tuple[Seen, ...]:
        """What was recorded until now."""
        ...

    def spans(self) -> tuple[Span, ...]:
        """What the Jaeger has until now."""
        ...

    def trace_url(self, trace_id: str) -> str:
        """Where a trace can be looked at."""
        ...

    def await_news(self, seconds: float) -> None:
        """Return when something new was recorded, or after so many seconds."""

    def left_over(self) -> tuple[str, ...]:
        """What the servers still have."""
        ...

    def trouble(self) -> str:
        """Why waiting on is of no use; empty while it is of use."""
        ...


@dataclass(frozen=True, slots=True)
class Play:
    """Plays on a stage before a scene; with `trace` a Jaeger plays along, with `keep` it can be reached afterwards."""

    stage: Staging
    scene: Scene
    clock: Clock
    trace: bool = False
    keep: bool = False

    def perform(self) -> tuple[Claim, ...]:
        """All acts; returns what they prove. Raises CommandError when waiting on is of no use."""
        self.set_up()
        self.make_ring()
        examined = self.examine()
        self.delete()
        return (*self.prove(), *examined, *([self.prove_trace()] if self.trace else ()))

    def set_up(self) -> None:
        """Start everything that a MultiCasskop needs."""
        for title, prepare in self.stage.preparations(trace=self.trace):
            with self.scene.act(title) as act:
                act.title = prepare(self._progress(act)) or title

    def make_ring(self) -> None:
        """Apply the MultiCasskop and wait until it says that it is Ready, and its events have come."""
        name = self.stage.cast.name
        with self.scene.act(f"MultiCasskop {name} applied, waiting for the ring") as act:
            before = len(self.stage.seen())
            self.stage.apply()
            self._until(self._is_ready, self.stage.ring_seconds, act, before)
            self._until(self._is_told, SETTLED_SECONDS, act, before, needed=False)
            act.progress = ""
            act.title = f"MultiCasskop {name} applied, the ring is Ready"
        self.scene.stand(self._tree(History(self.stage.cast, self.stage.seen())))

    def examine(self) -> tuple[Claim, ...]:
        """Look at the ring, and show what was seen."""
        return tuple(self._examined(each) for each in self.stage.examinations())

    def delete(self) -> None:
        """Delete the MultiCasskop and wait until it is gone."""
        with self.scene.act("MultiCasskop deleted, waiting for the children to go") as act:
            self.stage.delete()
            self._until(self._is_gone, self.stage.gone_seconds, act)
            act.title = "MultiCasskop deleted, and its children"

    def prove(self) -> tuple[Claim, ...]:
        """What all that proves, and whether the servers agree that nothing is left."""
        claims = prove(History(self.stage.cast, self.stage.seen()))
        left = self.stage.left_over()
        return (*claims[:-1], Claim(claims[-1].text, (*claims[-1].against, *(f"{item} is left" for item in left))))

    def prove_trace(self) -> Claim:
        """What Jaeger says of the rollout, as soon as it says enough: spans come a moment after what they tell of."""
        end = self.clock.monotonic() + SETTLED_SECONDS
        with self.scene.act("spans of the rollout read from Jaeger") as act:
            while not (claim := self._read_trace()).holds and self.clock.monotonic() <= end:
                self._give_up(act, late=False)
                self.stage.await_news(LOOK_SECONDS)
        return claim

    def _read_trace(self) -> Claim:
        place = self.stage.trace_url if self.keep else "trace {}".format
        return one_trace(History(self.stage.cast, self.stage.seen()), self.stage.spans(), place)

    def _examined(self, examination: Examination) -> Claim:
        with self.scene.act(examination.title):
            claim, lines = examination.examine()
        self.scene.stand(lines)
        return claim

    def _until(
        self, condition: Callable[[History], bool], seconds: float, act: Act, since: int = 0, *, needed: bool = True
    ) -> None:
        """Show how things stand until the condition holds for what was seen from an entry on."""
        end = self.clock.monotonic() + seconds
        while not self._holds(condition, act, since):
            late = self.clock.monotonic() > end
            self._give_up(act, late=late and needed)
            if late:
                return
            self.stage.await_news(LOOK_SECONDS)

    def _holds(self, condition: Callable[[History], bool], act: Act, since: int) -> bool:
        """Show how things stand, and tell whether the condition holds."""
        seen = self.stage.seen()
        history = History(self.stage.cast, seen[since:])
        act.progress = ring_progress(history)
        self.scene.news(act)
        self.scene.show(self._tree(history), event_lines(History(self.stage.cast, seen).events()))
        return condition(history)

    def _give_up(self, act: Act, *, late: bool) -> None:
        trouble = self.stage.trouble()
        if trouble or late:
            what = trouble or f"{act.title}: not within its time"
            raise CommandError(ExitCode.NO, what, hint="multicasskop demo --keep leaves all of it up to look at")

    def _tree(self, history: History) -> list[str]:
        parent = history.parent()
        if not parent or parent[-1].type == "DELETED":
            return []
        return tree_lines(report_of(parent[-1].object), self.stage.cast.home, self.clock.now())

    def _is_ready(self, history: History) -> bool:
        parent = history.parent()
        living = bool(parent) and parent[-1].type != "DELETED" and "deletionTimestamp" not in metadata_of(parent[-1])
        return living and report_of(parent[-1].object).phase == "Ready"

    def _is_told(self, history: History) -> bool:
        return any(event.object.get("reason") == "RolloutFinished" for event in history.events())

    def _is_gone(self, history: History) -> bool:
        parent = history.parent()
        children = [history.child(member) for member in history.cast.members]
        return all(events and events[-1].type == "DELETED" for events in (parent, *children))

    def _progress(self, act: Act) -> ProgressSink:
        def sink(news: Progress) -> None:
            """Show how far the building is."""
            act.progress = building(news)
            self.scene.news(act)

        return sink


def building(news: Progress) -> str:
    """How far the world is with something that takes long; nothing when that cannot be told."""
    left = f"about {age(news.left)} left" if news.left is not None else ""
    return "" if news.done else ", ".join(part for part in (news.subject.split(" ")[0], left) if part and left)


def ring_progress(history: History) -> str:
    """How far the ring is, as a bar; nothing while there is no MultiCasskop."""
    ready, wanted = nodes(history)
    filled = BAR * ready // max(1, wanted)
    head = ">" if ready < wanted else ""
    return f"[{'=' * filled + head:<{BAR}}] {ready} of {wanted} nodes" if wanted else ""


def nodes(history: History) -> tuple[int, int]:
    """Nodes of members whose child is Running, and all nodes that the manifest asks for."""
    wanted = {member: wanted_nodes(history, member) for member in history.cast.members}
    ready = sum(count for member, count in wanted.items() if first_running(history.child(member)))
    return ready, sum(wanted.values())


def wanted_nodes(history: History, member: str) -> int:
    """The nodes that the manifest asks for in one member."""
    parent = history.parent()
    spec = parent[-1].object["spec"] if parent else {"base": {"spec": {}}, "override": {}}
    topology = spec["override"].get(member, {}).get("spec", {}).get("topology", {})
    racks = sum(len(datacenter.get("rack", ())) for datacenter in topology.get("dc", ()))
    per_rack: int = spec["base"]["spec"].get("nodesPerRacks", 1)
    return racks * per_rack


def event_lines(events: Sequence[Seen]) -> list[str]:
    """Kubernetes events as lines."""
    return [event_line(event) for event in events]


def event_line(event: Seen) -> str:
    """One Kubernetes event as a line."""
    obj = event.object
    at = str(obj.get("eventTime") or obj.get("firstTimestamp") or obj["metadata"].get("creationTimestamp") or "")
    note = obj.get("note") or obj.get("message") or ""
    return f"{clock_time(at)}  {obj.get('type', ''):<8} {obj.get('reason', ''):<18} {note}"


def clock_time(text: str) -> str:
    """The time of day of an RFC 3339 time."""
    try:
        return datetime.fromisoformat(text).strftime("%H:%M:%S")
    except ValueError:
        return "--:--:--"
