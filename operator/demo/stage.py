"""The stage of the demonstration: real control planes, our kinds, simulated CassKops, and the operator as a process."""

import contextlib
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import yaml
from multicasskop.operator.demo.history import Cast, Seen
from multicasskop.operator.demo.play import Examination, Preparation
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.world.errors import ApiError, NotRunningError, WorldError, tail
from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.processes import end, is_alive, recorded
from multicasskop.world.progress import ProgressSink, silent
from multicasskop.world.recorder import Recorder
from multicasskop.world.services.jaeger import Jaeger, Span
from multicasskop.world.simulators.modes import SimulatorOptions
from multicasskop.world.world import World

Json = dict[str, Any]
SAMPLE = "article.yaml"
OPERATOR, JAEGER = "operator", "jaeger"
"""The folders of what runs beside the world."""
NAMES = "names"
"""The file with the name of the container that has the ring's names."""
PACE = 0.5
"""How fast the simulated CassKop is, as a part of the real one's times: short, but visible."""


def sample() -> Json:
    """The MultiCasskop that is applied."""
    content: Json = yaml.safe_load(files("multicasskop.operator.demo").joinpath(SAMPLE).read_text())
    return content


def cast_of(manifest: Json) -> Cast:
    """Who plays, as the manifest names them."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    return Cast(metadata["namespace"], metadata["name"], spec["base"]["metadata"]["name"], tuple(spec["override"]))


class Stage:
    """Everything that runs during a demonstration, in one folder; `strike` ends and removes it, at any moment."""

    TIER: ClassVar[str] = "planes"
    CLUSTERS: ClassVar[str] = "control planes"
    ring_seconds = 180.0
    gone_seconds = 60.0

    def __init__(self, directory: Path, manifest: Json) -> None:
        self.directory = directory
        self.manifest = manifest
        self.cast = cast_of(manifest)
        self.world = World(directory)
        self._operator: Operator | None = None
        self._recorder: Recorder | None = None
        self._jaeger: Jaeger | None = None

    @property
    def recorder(self) -> Recorder:
        """The recorder, once it runs."""
        if self._recorder is None:
            raise WorldError("nothing is recorded yet")
        return self._recorder

    @property
    def jaeger(self) -> Jaeger:
        """The Jaeger, once it runs."""
        if self._jaeger is None:
            raise WorldError("no Jaeger runs")
        return self._jaeger

    def clear(self) -> None:
        """Take down what an earlier demonstration left; refuse to when that one still plays."""
        owner = self.world.owner()
        if owner is not None and is_alive(owner):
            raise CommandError(
                ExitCode.USAGE,
                f"a demo plays in {self.directory} already (process {owner.pid})",
                hint="wait, or use --dir",
            )
        self.strike()

    @property
    def introduction(self) -> str:
        """What is going to be shown, and what with."""
        place = f"Nothing outside {shown(self.directory)} is touched."
        return f"Demo: two real Kubernetes control planes on this machine; pods are simulated. {place}"

    def preparations(self, *, trace: bool) -> tuple[Preparation, ...]:
        """Planes, kinds, CassKop and operator; with `trace` a Jaeger before whoever sends to it."""
        home, *remotes = self.cast.members
        return (
            Preparation(f"{self.CLUSTERS} {', '.join(self.cast.members)}", self.raise_clusters),
            *([Preparation("Jaeger", self.start_jaeger)] if trace else ()),
            Preparation("custom resources installed in both clusters", self.install),
            Preparation("CassKop (simulated) started in both clusters", self.start_casskop),
            Preparation(f"multicasskop run -l {home} -r {' -r '.join(remotes)}", self.start_operator),
        )

    def examinations(self) -> tuple[Examination, ...]:
        """Nothing: simulated pods hold no ring."""
        return ()

    def raise_clusters(self, progress: ProgressSink) -> str:
        """Start the clusters; returns who they are, and their version."""
        members = self.cast.members
        self.world = World.up(self.directory, members, tier=self.TIER, progress=progress, owned=True)
        answer = self.world.admin(self.cast.home).request("GET", "/version").json()
        return f"{self.CLUSTERS} {', '.join(members)} ({answer['gitVersion']})"

    def start_jaeger(self, progress: ProgressSink) -> str:
        """Start a Jaeger, to which all that is started later sends its spans; returns where people reach it."""
        jaeger = Jaeger.found(self.directory / JAEGER, progress)
        jaeger.start()
        self._jaeger = jaeger
        return f"Jaeger at {jaeger.url}"

    def install(self, _: ProgressSink = silent) -> str:
        """Install our kinds and the namespace in all members, and begin to record."""
        install_crds(self.world)
        namespace = self.cast.namespace
        for member in self.cast.members:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            self.world.admin(member).create(NAMESPACES, "", body)
        self._recorder = Recorder(self.world)
        self._recorder.start()
        return ""

    def start_casskop(self, _: ProgressSink = silent) -> str:
        """Start a simulated CassKop in every member."""
        options = SimulatorOptions(scale=PACE, otlp=self._jaeger.otlp if self._jaeger else "")
        for member in self.cast.members:
            self.world.simulate(member, options)
        return ""

    def start_operator(self, _: ProgressSink = silent) -> str:
        """Start the operator with the rights that it needs and no others; returns when it is ready."""
        home, *remotes = self.cast.members
        jaeger = self._jaeger
        flags = (f"--otlp-endpoint={jaeger.otlp}", f"--jaeger-ui={jaeger.url}") if jaeger else ()
        launch = Launch(self.cast.namespace, home, remotes, flags)
        self._operator = Operator(self.directory / OPERATOR, launch)
        credentials(self.world, self._operator.kubeconfig, launch)
        self._operator.start(wait=False)
        self._operator.wait_ready()
        return ""

    def apply(self) -> None:
        """Create the MultiCasskop, in the version in which the manifest is written."""
        group, _, version = self.manifest["apiVersion"].partition("/")
        kind = type(MULTICASSKOPS)(group, version, MULTICASSKOPS.plural)
        self.world.admin(self.cast.home).create(kind, self.cast.namespace, self.manifest)

    def delete(self) -> None:
        """Ask for the deletion of the MultiCasskop; returns at once."""
        self.world.admin(self.cast.home).delete(MULTICASSKOPS, self.cast.namespace, self.cast.name)

    def left_over(self) -> tuple[str, ...]:
        """What is there now of the MultiCasskop and its children, asked of the servers."""
        places = [(self.cast.home, MULTICASSKOPS), *((member, CASSANDRACLUSTERS) for member in self.cast.members)]
        found = ((member, self.world.admin(member).items(kind)) for member, kind in places)
        return tuple(f"{member}: {item['metadata']['name']}" for member, items in found for item in items)

    def seen(self) -> tuple[Seen, ...]:
        """What was recorded, as the proof takes it."""
        return tuple(Seen(entry.at, entry.member, entry.type, entry.object) for entry in self.recorder.entries())

    def spans(self) -> tuple[Span, ...]:
        """All spans that Jaeger has until now, by its query API; each once."""
        found = [span for service in self.jaeger.services() for span in self.jaeger.spans(service)]
        return tuple({(span.trace, span.id): span for span in found}.values())

    def trace_url(self, trace_id: str) -> str:
        """Where a trace can be looked at."""
        return self.jaeger.link(trace_id)

    def await_news(self, seconds: float) -> None:
        """Return when something new was recorded, or after so many seconds."""
        self.recorder.wait_for_more(len(self.recorder.entries()), seconds)

    def trouble(self) -> str:
        """Why waiting on is of no use, with the last words of a process that has left; else nothing."""
        if self._operator is not None and not self._operator.is_alive():
            return f"the operator has left; the end of {self._operator.log}:\n{self._operator.tail()}"
        if self._jaeger is not None and not is_alive(self._jaeger.process):
            return f"Jaeger has left; the end of {self._jaeger.log}:\n{tail(self._jaeger.log)}"
        for member, roles in self.world.status().items():
            for role in sorted(role for role, state in roles.items() if state == "stopped"):
                log = self.world.plane(member).log(role)
                return f"{role} of {member} has left; the end of {log}:\n{tail(log)}"
        return ""

    def keep(self) -> None:
        """Let what runs go on after this process, until another one calls `strike`."""
        if self.world.owner() is None:
            self.strike()
            return
        if self._recorder is not None:
            self._recorder.stop()
        beside = [runner.process for runner in (self._operator, self._jaeger) if runner is not None]
        self.world.keep(*(process for process in beside if is_alive(process)))

    def strike(self) -> None:
        """End everything and take the folder away. It is all right when nothing is there."""
        if self._recorder is not None:
            self._recorder.stop()
            self._recorder = None
        if self._operator is not None:
            self._operator.stop()
            self._operator = None
        self._jaeger = None
        standing(self.directory).down()
        self._end_names()
        for name in (OPERATOR, JAEGER):
            # also those of a demonstration that was killed before it could write them down
            end(recorded(self.directory / name))
            shutil.rmtree(self.directory / name, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.directory.rmdir()

    def _end_names(self) -> None:
        file = self.directory / NAMES
        if file.exists():
            from multicasskop.world.kind import bind

            bind.end(file.read_text())
            file.unlink()


def standing(directory: Path) -> World:
    """The world in a folder, of whatever kind an earlier demonstration has made it."""
    try:
        return World.attach(directory)
    except NotRunningError:
        return World(directory)


def shown(directory: Path) -> str:
    """The folder as a path that can be pasted."""
    return str(directory) if directory.is_absolute() else f"./{directory}"


def explain(error: WorldError | ApiError) -> CommandError:
    """A failure of the world as one of the command line."""
    text = str(error)
    return CommandError(ExitCode.NO, text, hint="multicasskop demo --clean, then once more")
