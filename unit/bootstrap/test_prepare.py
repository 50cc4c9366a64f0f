"""As the container bootstrap: scripts, agents and seeds put where Cassandra's start script finds them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.bootstrap.builder import ConfigError
from multicasskop.bootstrap.prepare import Me, Places, prepare

HOST = "demo-dc1-rack1-0"
SEEDS = (f"{HOST}.zone.net", "demo-dc2-rack1-0.zone.net")
ENVIRONMENT = {"CASSANDRA_SEEDS": ",".join(SEEDS), "POD_IP": "10.0.0.7", "CASSANDRA_CLUSTER_NAME": "demo"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Folders as the pod has them."""
    names = ("configuration", "libraries", "scripts", "agents")
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / "configuration" / "cassandra-env.sh").write_text("MAX_HEAP_SIZE=1G\n")
    (tmp_path / "configuration" / "cassandra.yaml").write_text("cluster_name: demo\n")
    for agent in ("jolokia-1.jar", "exporter-1.jar"):
        (tmp_path / "agents" / agent).write_text(agent)
    return Places(**{name: tmp_path / name for name in names})


def seeds(path: Path) -> str:
    """The seeds of a configuration."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    text: str = found["seed_provider"][0]["parameters"][0]["seeds"]
    return text


def facts(places: Places) -> dict[str, str]:
    """What the scripts are told, read by a shell."""
    names = ("ADDRESS", "OTHERS", "IS_SEED", "IS_FIRST", "DATA", "CQL")
    script = f". {places.own}/node.env; " + "; ".join(f'echo "${name}"' for name in names)
    said = subprocess.run(["bash", "-uc", script], capture_output=True, text=True, check=True, timeout=30).stdout
    return dict(zip(names, said.splitlines(), strict=True))


def test_everything_is_in_its_place(places: Places) -> None:
    """Probes where the pod's spec names them, agents among the libraries, seeds in the configuration."""
    prepare(ENVIRONMENT, HOST, places)
    for probe in ("readiness-probe.sh", "liveness-probe.sh"):
        assert (places.configuration / probe).stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in places.libraries.iterdir()) == ["exporter-1.jar", "jolokia-1.jar"]
    assert seeds(places.configuration / "cassandra.yaml") == ",".join(SEEDS)
    assert seeds(places.own / "joining.yaml") == "@ANSWERING@"
    assert facts(places) == {
        "ADDRESS": "10.0.0.7",
        "OTHERS": SEEDS[1],
        "IS_SEED": "yes",
        "IS_FIRST": "yes",
        "DATA": "/var/lib/cassandra/data",
        "CQL": "yes",
    }


@pytest.mark.parametrize(
    ("host", "is_seed", "is_first", "others"),
    [
        pytest.param("demo-dc1-rack1-0", True, True, SEEDS[1:], id="first"),
        pytest.param("demo-dc2-rack1-0", True, False, SEEDS[:1], id="second"),
        pytest.param("demo-dc1-rack1-1", False, False, SEEDS, id="none of them"),
    ],
)
def test_place_among_the_seeds(host: str, is_seed: bool, is_first: bool, others: tuple[str, ...]) -> None:
    """A node knows whether it is a seed, the first of them, and whom it may join."""
    me = Me(host, "10.0.0.9", SEEDS)
    assert (me.is_seed, me.is_first, me.others) == (is_seed, is_first, others)


def test_settings_that_scripts_depend_on_are_read(places: Places) -> None:
    """Where data is, whether clients are served, and seeds that the configuration alone has."""
    text = "data_file_directories: [/data/one]\nstart_native_transport: false\nseed_provider:\n"
    text += "- {class_name: x, parameters: [{seeds: 'one,two'}]}\n"
    (places.configuration / "cassandra.yaml").write_text(text)
    prepare({"POD_IP": "10.0.0.7"}, HOST, places)
    found = facts(places)
    assert (found["DATA"], found["CQL"], found["OTHERS"]) == ("/data/one", "", "one two")


def test_password_stands_in_a_file_of_its_own(places: Places) -> None:
    """Jolokia's user and password are in a file that only Cassandra's user reads, and in no command line."""
    secret = {"CASSANDRA_AUTH_JOLOKIA": "true", "JOLOKIA_USER": "u", "JOLOKIA_PASSWORD": "p\\ä"}
    prepare(ENVIRONMENT | secret, HOST, places)
    path = places.own / "jolokia.properties"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text().splitlines()
    assert {"authMode=basic", "user=u", "password=p\\u005c\\u00e4", "port=8778", "executor=fixed"} <= set(lines)
    assert "p\\" not in (places.configuration / "cassandra-env.sh").read_text()


def test_callers_names_are_not_looked_up(places: Places) -> None:
    """Where DNS does not answer, Jolokia would take seconds for each request."""
    prepare(ENVIRONMENT, HOST, places)
    assert "allowDnsReverseLookup=false" in (places.own / "jolokia.properties").read_text().splitlines()


def run_hook(places: Places, program: str, start: str) -> tuple[int, str]:
    """Source cassandra-env.sh as a program of that name does, with this as start.sh; its code, and the options."""
    (places.own / "start.sh").write_text(start)
    caller = places.configuration.parent / program
    caller.write_text(f'#!/bin/sh\n. {places.configuration}/cassandra-env.sh\necho "$JVM_OPTS"\n')
    caller.chmod(0o755)
    done = subprocess.run([str(caller)], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stdout.strip()


def test_agents_and_options_at_each_start_of_cassandra(places: Places) -> None:
    """Cassandra's start script takes the agents and what start.sh says; run twice, nothing stands there twice."""
    prepare(ENVIRONMENT, HOST, places)
    prepare(ENVIRONMENT, HOST, places)
    code, options = run_hook(places, "cassandra", "printf -- -Dchosen=1")
    agents = [f"-javaagent:{places.libraries}/exporter-1.jar=9500:{places.own}/exporter.yaml"]
    agents += [f"-javaagent:{places.libraries}/jolokia-1.jar=config={places.own}/jolokia.properties"]
    assert (code, options.split()) == (0, ["-Dchosen=1", *agents])


def test_nodetool_is_left_alone(places: Places) -> None:
    """Another program that reads the file gets no agents and waits for nobody."""
    prepare(ENVIRONMENT, HOST, places)
    assert run_hook(places, "nodetool", "sleep 60") == (0, "")


def test_no_start_without_leave(places: Places) -> None:
    """Where start.sh fails Cassandra is not started."""
    prepare(ENVIRONMENT, HOST, places)
    assert run_hook(places, "cassandra", "exit 3") == (1, "")


def test_a_node_that_waits_ends_when_it_is_told_to(places: Places) -> None:
    """SIGTERM ends the script while it waits, or a pod that waits would live for its whole period of grace."""
    prepare(ENVIRONMENT, HOST, places)
    (places.own / "start.sh").write_text('kill -TERM "$PPID"; exec sleep 60 >/dev/null 2>&1')
    script = f". {places.configuration}/cassandra-env.sh"
    done = subprocess.run(["sh", "-c", script, "cassandra"], check=False, timeout=30)
    assert done.returncode == 143


@pytest.mark.parametrize("name", ["pre_run.sh", "post_run.sh"])
def test_scripts_of_the_user(places: Places, name: str) -> None:
    """They are run, before and after; one that fails stops the pod with its name."""
    script = places.scripts / name
    script.write_text(f"ls {places.own} > {places.scripts}/seen")
    prepare(ENVIRONMENT, HOST, places)
    seen = (places.scripts / "seen").read_text().split()
    assert ("node.env" in seen) is (name == "post_run.sh")
    script.write_text("exit 7")
    with pytest.raises(ConfigError, match=rf"{name} ended with code 7"):
        prepare(ENVIRONMENT, HOST, places)
