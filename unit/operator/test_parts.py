"""The whole operator over scripted members: the lists as they really run, and what ends it."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.exchange import Answer, answer, failure
from fakes.members import GROUP, LEASES, Members, Run, discovery, kubeconfig, lease_of, members, script
from fakes.rig import until
from multicasskop.operator.catalogue import FAMILIES, PREFIX
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.process import START, STOP
from multicasskop.operator.settings import Settings

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Members]:
    """Two members that answer as API servers with our kinds do."""
    with members(tmp_path) as found:
        script(found.home)
        script(found.other)
        yield found


def page(run: Run, name: str, path: str) -> tuple[int, str]:
    """A page of a running operator, by the address that its log tells."""
    address = next(entry["address"] for entry in run.told("serving") if entry["pages"] == name)
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_log_of_a_real_run_is_the_two_lists(both: Members) -> None:
    """An operator that starts, leads and is stopped does all steps in the order of the lists, as its log shows."""
    with both.running() as run:
        run.until_told("ready")
        until(lambda: "workers" in [entry["part"] for entry in run.told("started")])
        assert run.stop().code == ExitCode.OK
    told = [f"{entry['event']} {entry['part']}" for entry in run.told() if "part" in entry]
    assert told == [f"started {step.part}" for step in START] + [f"stopped {step.part}" for step in STOP]
    assert run.parts.supervisor.running() == ()


def test_log_tells_the_story_of_a_start(both: Members) -> None:
    """A start tells of each member: registered, by what, synced; then that it leads and is ready."""
    with both.running() as run:
        ready = run.until_told("ready")
        registered = [(entry["member"], entry["role"], entry["via"]) for entry in run.told("member registered")]
        synced = run.until_told("member synced")
    assert registered == [("c1", "home", "kubeconfig"), ("c2", "remote", "kubeconfig")]
    assert synced["member"] in {"c1", "c2"}
    assert ready["members"] == "2/2"
    assert ready["workers"] == 8


def test_lease_is_given_back(both: Members) -> None:
    """A planned stop gives the lease back after the last worker has ended."""
    with both.running() as run:
        run.until_told("ready")
        run.stop()
    last = both.home.received("PATCH", f"{LEASES}/multicasskop")[-1].json
    assert last["spec"]["holderIdentity"] in ("", None)


def test_metrics_are_those_of_the_catalogue(both: Members) -> None:
    """The page shows every family of the catalogue and none besides."""
    with both.running() as run:
        run.until_told("ready")
        status, text = page(run, "metrics", "/metrics")
    assert status == 200
    shown = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert shown == {f"{PREFIX}_{family.name}" for family in FAMILIES}
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_leadership_and_members_are_measured(both: Members) -> None:
    """A leader shows that it leads, and each member with its version once that is known."""
    with both.running() as run:
        run.until_told("ready")
        until(lambda: page(run, "metrics", "/metrics")[1].count('server_version="v1.36.3"') == 2)
        text = page(run, "metrics", "/metrics")[1]
    assert f"{PREFIX}_leader 1.0" in text
    assert f'{PREFIX}_member_info{{member="c2",role="remote",server_version="v1.36.3"}} 1.0' in text
    assert 'server_version=""' not in text


def test_readiness_names_every_part(both: Members) -> None:
    """When asked verbosely, readiness lists parts and members by name."""
    with both.running() as run:
        run.until_told("ready")
        until(lambda: "member c2 synced" in page(run, "health", "/readyz?verbose")[1])
        text = page(run, "health", "/readyz?verbose")[1]
    assert text == "[+] not stopping\n[+] home synced\n[+] leading\n[+] member c1 synced\n[+] member c2 synced\nok\n"


def test_a_standby_is_ready_and_does_not_work(tmp_path: Path) -> None:
    """While another one leads, the operator is ready, says who leads, and starts no worker."""
    with members(tmp_path) as found:
        script(found.home, lease_of("other_1"))
        script(found.other)
        with found.running() as run:
            run.until_told("another leads")
            assert page(run, "health", "/readyz")[0] == 200
            assert "[!] leading other_1 leads" in page(run, "health", "/readyz?verbose")[1]
            assert not run.told("ready")


def test_without_election_it_leads_at_once(both: Members) -> None:
    """With --no-leader-elect no lease is asked for."""
    with both.running(leader_elect=False) as run:
        run.until_told("ready")
    assert not both.home.received("GET", f"{LEASES}/multicasskop")


REFUSALS = [
    pytest.param(failure(401, "Unauthorized"), ExitCode.HOME, "MCK303", "renew the credentials", id="unauthorized"),
    pytest.param(failure(403, "Forbidden", "no"), ExitCode.HOME, "MCK311", "grant the operator's role", id="forbidden"),
    pytest.param(failure(500, "InternalError"), ExitCode.HOME, "MCK301", "API server's log", id="server-error"),
    pytest.param(
        failure(404, "NotFound"), ExitCode.REFUSED, "MCK114", "definitions of this release", id="no-definition"
    ),
    pytest.param(
        answer(discovery("cassandraclusters")), ExitCode.REFUSED, "MCK114", "definitions", id="other-kinds-only"
    ),
    pytest.param(answer(discovery("multicasskops")), ExitCode.REFUSED, "MCK114", "objects stay", id="old-definition"),
]


@pytest.mark.parametrize(("refusal", "code", "number", "hint"), REFUSALS)
def test_home_that_refuses_ends_the_start(
    tmp_path: Path, refusal: Answer, code: ExitCode, number: str, hint: str
) -> None:
    """Home that cannot be used ends the start with its code, and one line that says what to do; nothing is written."""
    with members(tmp_path) as found:
        found.home.on("GET", GROUP, refusal)
        with found.running() as run:
            end = run.wait()
        assert not [request for request in found.home.requests if request.method != "GET"]
    assert end.code == code
    assert isinstance(end.error, CommandError)
    assert (end.error.code, "Nothing was started" in end.error.message) == (number, True)
    assert "c1" in end.error.message
    assert hint in end.error.hint
    assert "\n" not in end.error.line()


def test_home_that_does_not_answer_ends_the_start(both: Members) -> None:
    """Home that refuses connections ends the start at once, and says where it was looked for."""
    url = both.home.url
    both.home.stop()
    with both.running() as run:
        end = run.wait()
    assert end.code == ExitCode.HOME
    assert isinstance(end.error, CommandError)
    assert url in end.error.message
    assert end.error.code == "MCK301"


def test_another_member_that_does_not_answer_delays_nothing(both: Members) -> None:
    """Another member that refuses connections is a warning; the operator is ready without it."""
    both.other.stop()
    with both.running() as run:
        run.until_told("ready")
        dark = run.until_told("member dark")
        assert page(run, "health", "/readyz")[0] == 200
    assert (dark["member"], dark["code"], dark["log_level"]) == ("c2", "MCK301", "warning")


def test_another_member_without_credentials_is_a_warning(both: Members, tmp_path: Path) -> None:
    """A member without credentials is told of once, with all places that were looked at; the rest goes on."""
    path = kubeconfig(tmp_path / "home-only", c1=both.home.url)
    with both.running(kubeconfig=path) as run:
        ready = run.until_told("ready")
        [warning] = run.told("member without credentials")
        until(lambda: "[!] member c2 BadCredentials" in page(run, "health", "/readyz?verbose")[1])
    assert "Secret c2" in warning["error"]
    assert ready["members"] in {"1/2", "2/2"}
    assert not both.other.requests


def test_a_taken_address_ends_the_start(both: Members) -> None:
    """An address that is in use ends the start as wrong use, before anything is asked of home."""
    with both.running() as first:
        first.until_told("ready")
        taken = next(entry["address"] for entry in first.told("serving") if entry["pages"] == "health")
        host, _, port = taken.rpartition(":")
        second = Run(replace(both.settings, health_address=(host, int(port))))
        second.start()
        end = second.wait()
    assert end.code == ExitCode.USAGE
    assert f"--health-addr {taken}" in end.error.args[0] if end.error else False


def test_lost_lease_ends_the_process(both: Members) -> None:
    """When the lease cannot be renewed any more the process stops in order, does not give it back, and says why."""
    times: dict[str, Any] = {"lease_duration": 1.5, "renew_deadline": 0.8, "retry_period": 0.2}
    both.home.on("PATCH", f"{LEASES}/multicasskop", failure(500, "InternalError"))
    with both.running(**times) as run:
        end = run.wait()
    assert end.code == ExitCode.HOME
    assert end.reason.startswith("lease lost: ")
    assert run.exits == []
    assert not run.told("lease given back")


def test_lost_lease_ends_a_process_that_hangs(tmp_path: Path) -> None:
    """Whatever still runs, a process that lost its lease is gone before another may lead."""
    clock = FakeClock()
    run = Run(Settings(local="c1", kubeconfig=str(tmp_path / "none")), clock=clock)
    run.parts.leadership.lose("held by another")
    clock.wait_for_waiters(1)
    clock.advance(3.9)
    assert run.exits == []
    clock.advance(0.2)
    run.parts.supervisor.join_all(5.0)
    assert run.exits == [ExitCode.HOME]


def test_a_thread_that_dies_ends_the_process(both: Members) -> None:
    """A thread that dies of a defect stops everything in order, with the code of a defect and the thread's name."""

    def die() -> None:
        raise ZeroDivisionError("oops")

    with both.running() as run:
        run.until_told("ready")
        run.parts.supervisor.spawn("victim", die)
        end = run.wait()
    assert end.code == ExitCode.BUG
    assert "victim" in end.reason
    assert isinstance(end.error, ZeroDivisionError)


def test_home_that_is_late_is_named(both: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    """When home's stores do not sync in time, the start ends and names those that are late, and why."""
    monkeypatch.setattr("multicasskop.operator.parts.SYNC_SECONDS", 0.3)
    path = f"{GROUP}/namespaces/ns/multicasskops"
    both.home.on("GET", path, failure(403, "Forbidden", "no list for you"))
    with both.running(watch_namespaces=("ns",)) as run:
        end = run.wait()
    assert end.code == ExitCode.HOME
    assert isinstance(end.error, CommandError)
    assert "multicasskops in ns (forbidden" in end.error.message


def test_home_that_does_not_say_who_it_is_is_waited_for(both: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker starts before home's id is known, or refused: marks without it are told apart from no other home's."""
    monkeypatch.setattr("multicasskop.operator.parts.IDENTITY_LOOK_SECONDS", 0.05)
    both.home.on("GET", KUBE_SYSTEM, failure(503, "ServiceUnavailable", "not now"))
    with both.running() as run:
        run.until_told("home not recognized yet")
        assert not run.told("ready")
        both.home.on("GET", KUBE_SYSTEM, failure(403, "Forbidden", "not for you"))
        run.until_told("ready")


def test_home_that_never_says_who_it_is_is_named(both: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    """When home does not say which cluster it is in time, the start ends, and what to look at is said."""
    monkeypatch.setattr("multicasskop.operator.parts.IDENTITY_LOOK_SECONDS", 0.05)
    monkeypatch.setattr("multicasskop.operator.parts.SYNC_SECONDS", 0.3)
    both.home.on("GET", KUBE_SYSTEM, failure(503, "ServiceUnavailable", "not now"))
    with both.running() as run:
        end = run.wait()
    assert end.code == ExitCode.HOME
    assert isinstance(end.error, CommandError)
    assert end.error.message.startswith("c1 (home): does not say which cluster it is")
