"""The world as fixtures. Tests say by a marker which tier they need; what cannot be had is skipped with the reason."""

import logging
import os
import sys
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from multicasskop.world import programs, registration, tools
from multicasskop.world.accounts import allow, allow_identity, forbid_identity
from multicasskop.world.api import Api
from multicasskop.world.campaign.stage import Stage
from multicasskop.world.errors import ProgramsError, tail
from multicasskop.world.installing import install_crds
from multicasskop.world.kind import engine
from multicasskop.world.kinds import NAMESPACES
from multicasskop.world.namespaces import take_away
from multicasskop.world.operators import CASSKOP_RULES, Launch, Operator, credentials, unchanged, wanted
from multicasskop.world.oversight import overseen
from multicasskop.world.progress import lines_to
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.recorder import Recorder
from multicasskop.world.rings import allow_pods
from multicasskop.world.services.jaeger import Jaeger
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import TIERS, World, sweep

THREE = ("k8s-cluster1", "k8s-cluster2", "k8s-cluster3")
MEMBERS = THREE[:2]
# by marker: the tier, and the members
WORLDS = {"planes": ("planes", MEMBERS), "planes3": ("planes", THREE), "kind": ("kind", MEMBERS)}
INSTANT = SimulatorOptions(Mode.INSTANT)
MISSING = pytest.StashKey[dict[str, str]]()
STANDING = pytest.StashKey[World]()
FOLDER = Path(__file__).resolve().parent.parent / ".world"
# fixtures that are programs, built before the first test
TOOLS = {"helm": tools.HELM, "jaeger": tools.JAEGER}
# clusters in containers take their time to come up, and their kubelets too
TIMEOUTS = {"planes": 300, "kind": 900}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once in each world that its markers name; those of one world run together."""
    if "world" in metafunc.fixturenames:
        marks = {name: (getattr(pytest.mark, name), pytest.mark.timeout(TIMEOUTS[WORLDS[name][0]])) for name in WORLDS}
        worlds = [pytest.param(name, marks=marks[name]) for name in worlds_of(metafunc.definition)]
        metafunc.parametrize("world", worlds, indirect=True, scope="session")


def worlds_of(item: pytest.Item) -> list[str]:
    """The worlds in which a test runs."""
    both = item.get_closest_marker("tiers")
    return [name for name in WORLDS if item.get_closest_marker(name) or (both and name in both.args)]


def tier_of(item: pytest.Item) -> str:
    """The tier of one run of a test; empty for those that need none."""
    return WORLDS[world_of(item)][0] if world_of(item) else ""


def world_of(item: pytest.Item) -> str:
    """The world of one run of a test; empty for those that need none."""
    return str(item.callspec.params.get("world", "")) if hasattr(item, "callspec") else ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of other tiers than those that were chosen."""
    chosen = config.getoption("--tier")
    left_out = [item for item in items if chosen and tier_of(item) not in ("", *chosen)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of the logs of all operators with a test that failed, while they are there."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed:
        logs = [*folder.rglob("operator.log")] if isinstance(folder, Path) else []
        # also of those that serve several tests, which are the ones that nobody misses before the next test
        logs += [found.log for found in wanted() if found.log not in logs]
        report.sections += [(f"end of {log.parent.name}/{log.name}", tail(log, 25)) for log in sorted(logs)]
    return report


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Among several workers, take a world down after its last test: the others need what it takes."""
    over = nextitem is not None and world_of(nextitem) != world_of(item)
    if over and hasattr(item.config, "workerinput") and (found := item.config.stash.get(STANDING, None)) is not None:
        del item.config.stash[STANDING]
        found.down()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before workers start, have all that takes minutes to build; they collect, so it is not known what they need."""
    config = session.config
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        prepare(config, config.getoption("--tier") or TIERS, TOOLS)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find out before the first test what cannot be had, and build what takes minutes where it can be watched."""
    needed = {tier_of(item) for item in session.items} if not session.config.option.collectonly else set()
    fixtures = {name for item in session.items if needed for name in getattr(item, "fixturenames", ())}
    prepare(session.config, needed, fixtures)


def prepare(config: pytest.Config, tiers: Collection[str], fixtures: Collection[str]) -> None:
    """Have ready what tiers and fixtures need; note what cannot be had, and stop when somebody insists on it."""
    config.stash[MISSING] = missing = {}
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        for tier in TIERS:
            if tier in tiers and (reason := why_missing(tier)):
                missing[tier] = f"tier {tier}: {reason}"
        for name, tool in TOOLS.items():
            if name in fixtures:
                with suppress(ProgramsError):  # the fixture says it again, to whom it concerns
                    tools.find_or_build(tool, lines_to(sys.stderr))
    for tier in config.getoption("--tier"):
        if tier in missing:
            raise pytest.UsageError(missing[tier])


def why_missing(tier: str) -> str:
    """Why a tier cannot be had here; empty when it can, with all that must be built for it."""
    if tier == "kind":
        return engine.missing()
    try:
        programs.find_or_build(lines_to(sys.stderr))
    except ProgramsError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[World]:
    """Two or three members with our kinds, without an operator and without CassKop; in the tier of the test."""
    tier, members = WORLDS[request.param]
    if tier in pytestconfig.stash[MISSING]:
        pytest.skip(pytestconfig.stash[MISSING][tier])
    sweep(FOLDER)
    found = World.up(FOLDER / f"{request.param}-{os.getpid()}", members, tier=tier, owned=True)
    pytestconfig.stash[STANDING] = found
    try:
        install_crds(found)
        yield found
    finally:
        found.down()


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """For tests that call the program in their own process: it sets up logging, which afterwards is as it was."""
    import structlog

    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture(scope="session")
def helm() -> str:
    """The real helm's path."""
    return tools.find_or_build(tools.HELM)


@pytest.fixture(scope="session")
def loaded(world: World) -> None:
    """All images of ours are in all nodes of a world of kind clusters."""
    from multicasskop.world.kind import images
    from multicasskop.world.kind.world import KindWorld

    assert isinstance(world, KindWorld)
    world.load(*images.all_images(lines_to(sys.stderr)))


@pytest.fixture
def jaeger(world: World, tmp_path: Path) -> Iterator[Jaeger]:
    """A real Jaeger of this test's own beside the members, which reach it; it holds nothing yet."""
    with Jaeger.found(tmp_path / "jaeger", host=world.host_address) as found:
        yield found


@pytest.fixture
def namespace(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of this test's own in all members; it and all in it is deleted afterwards."""
    name = new_name(request.node.name)
    for member in world.members:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        world.admin(member).create(NAMESPACES, "", body)
    yield name
    for member in world.members:
        take_away(world.admin(member), name)


@pytest.fixture
def recorder(world: World) -> Iterator[Recorder]:
    """A recorder that runs during the test."""
    with Recorder(world) as found:
        yield found


@pytest.fixture
def faults(world: World, tmp_path: Path) -> Iterator[Faults]:
    """Fault proxies before all members, without a rule; an operator is started through them. For the tier planes."""
    with Faults.of(world) as found:
        yield found
    found.trace.save(tmp_path / "trace.jsonl")


StartOperator = Callable[..., Operator]


@pytest.fixture
def start_operator(
    world: World, namespace: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[StartOperator]:
    """Starts operator processes: `start_operator("--workers=2", LOG_LEVEL="debug")`; all of them end with the test.

    They run in the test's namespace with a ServiceAccount that has the rights of the charts; home is the first member.
    With `through=faults` they reach the members through the fault proxies, whose rules may kill them.
    """
    started: list[Operator] = []

    def start(
        *flags: str,
        wait: bool = True,
        members: Sequence[str] = (),
        through: Faults | None = None,
        **environment: str,
    ) -> Operator:
        directory = tmp_path / f"operator-{len(started)}"
        directory.mkdir()
        home, *remotes = members or world.members
        found = Operator(directory, Launch(namespace, home, remotes, flags, environment))
        credentials(world, found.kubeconfig, found.launch, through.through if through else unchanged)
        if through:
            through.on_crash(found.kill, found.ask_stop)
        started.append(found)
        found.start(wait=wait)
        return found

    yield start
    for found in started:
        found.kill()
        request.node.add_report_section("call", f"operator {found.pid}", found.tail())


@pytest.fixture
def api(world: World) -> Api:
    """The API server of home."""
    return world.admin(world.members[0])


@pytest.fixture
def operator(start_operator: StartOperator) -> Operator:
    """One operator over all members, ready."""
    return start_operator()


@pytest.fixture
def start_real_casskop(
    world: World, namespace: str, tmp_path: Path, request: pytest.FixtureRequest, pods: None
) -> Iterator[StartOperator]:
    """Starts CassKop itself, in one member each: `start_real_casskop("k8s-cluster1")`; all of them end with the test.

    Pods are simulated. Each runs with a ServiceAccount that has the rights of its chart, and no others. Whatever a test
    does, no node may lose its pod or its claims while it is in the ring.
    """
    started: list[Operator] = []

    def start(
        member: str = "", *flags: str, wait: bool = True, through: Faults | None = None, **environment: str
    ) -> Operator:
        directory = tmp_path / f"casskop-{len(started)}"
        directory.mkdir()
        ours = ("--controllers=cassandracluster", "--operator-name=casskop", *flags)
        home = member or world.members[0]
        allow_pods(world.admin(home), namespace)
        launch = Launch(namespace, home, (), ours, environment, rules=CASSKOP_RULES, account="casskop", identity=False)
        found = Operator(directory, launch)
        credentials(world, found.kubeconfig, launch, through.through if through else unchanged)
        if through:
            through.on_crash(found.kill, found.ask_stop)
        started.append(found)
        found.start(wait=wait)
        return found

    with overseen(world, namespace) as overseer:
        yield start
        for found in started:
            found.kill()
            request.node.add_report_section("call", f"casskop {found.pid}", found.tail())
        assert overseer.findings() == ()


StartCassKop = Callable[..., None]


@pytest.fixture
def casskop(world: World, namespace: str) -> Iterator[StartCassKop]:
    """Starts simulated CassKops for this test's namespace: `casskop()` in all members, at zero delay.

    `casskop(SimulatorOptions(Mode.NORMAL, scale=0.02), members=["k8s-cluster2"])` says otherwise.
    """
    started: list[CassKop] = []

    def start(options: SimulatorOptions = INSTANT, *, members: Sequence[str] = ()) -> None:
        for member in members or world.members:
            found = CassKop(world.admin(member), replace(options, namespace=namespace))
            found.start()
            started.append(found)

    yield start
    for found in started:
        found.stop()


@pytest.fixture
def pods(world: World) -> Iterator[None]:
    """Pods of CassandraClusters run in all members, with Cassandra in them; what a test lets go wrong ends with it.

    They go on after the test: pods of its namespace have still to end.
    """
    for member in world.members:
        if world.status()[member].get("pods") != "running":
            world.simulate_pods(member)
    yield
    for member in world.members:
        world.disturb(member)


ALERT = ("--probe-interval=300ms", "--dark-after=1s")
"""Flags of an operator that finds soon that a member is dark."""


@pytest.fixture
def stage(
    world: World,
    namespace: str,
    recorder: Recorder,
    faults: Faults,
    casskop: StartCassKop,
    start_operator: StartOperator,
) -> Stage:
    """A stage for runs under plans: one operator behind the fault proxies, and a CassKop that is done at once.

    Without a lease: one that was killed need not be waited for.
    """
    casskop(SimulatorOptions(Mode.INSTANT, Contract.OWN))
    return Stage(world, namespace, recorder, faults, start_operator("--no-leader-elect", *ALERT, through=faults))


@pytest.fixture
def led_stage(
    world: World,
    namespace: str,
    recorder: Recorder,
    faults: Faults,
    casskop: StartCassKop,
    start_operator: StartOperator,
) -> Stage:
    """The same with a lease: one that stops in good order leaves it to the next, which need not wait for its end."""
    casskop(SimulatorOptions(Mode.INSTANT, Contract.OWN))
    return Stage(world, namespace, recorder, faults, start_operator(*ALERT, through=faults))


@pytest.fixture
def registry(
    world: World,
    namespace: str,
    recorder: Recorder,
    casskop: Callable[..., None],
    start_operator: Callable[..., Operator],
) -> registration.Registry:
    """An operator of home alone, which lets Secrets register members."""
    casskop(SimulatorOptions(Mode.INSTANT, Contract.OWN))
    allow(world.admin(world.members[0]), namespace, "secrets", registration.WATCH_RULES)
    operator = start_operator(*registration.FLAGS, *registration.QUICK, members=world.members[:1])
    return registration.Registry(world, namespace, operator, recorder)


@pytest.fixture
def recognized(registry: registration.Registry) -> Iterator[registration.Registry]:
    """The other clusters let the operator see which cluster they are."""
    others = [registry.world.admin(member) for member in registry.world.members[1:]]
    for api in others:
        allow_identity(api, registry.namespace)
    yield registry
    for api in others:
        forbid_identity(api, registry.namespace)


def new_name(text: str) -> str:
    """Return a namespace's name that tells the test and was never used before."""
    words = "".join(letter if letter.isalnum() else "-" for letter in text.lower()).strip("-")
    return f"{words[:40].rstrip('-')}-{os.urandom(3).hex()}"
