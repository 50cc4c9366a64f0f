"""As the container config-builder: CONFIG_FILE_DATA rendered over the files of Cassandra's image."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.bootstrap.builder import ConfigError, build

IDENTITY: dict[str, Any] = {"cluster-info": {"name": "demo", "seeds": "a,b"}, "datacenter-info": {"name": "dc1"}}
LOGBACK = '<root level="INFO"><appender-ref ref="STDOUT" /><appender-ref ref="ASYNCDEBUGLOG" /></root>'


def environment(folder: Path, data: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON
    """The container's variables."""
    text = data if isinstance(data, str) else json.dumps(data)
    return {
        "CONFIG_FILE_DATA": text,
        "CONFIG_OUTPUT_DIRECTORY": str(folder),
        "RACK_NAME": "rack1",
        "POD_IP": "10.0.0.7",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Cassandra's own files, as the first init container leaves them."""
    (tmp_path / "cassandra.yaml").write_text("cluster_name: Test\nnum_tokens: 16\nread_request_timeout: 5000ms\n")
    (tmp_path / "cassandra-env.sh").write_text('JMX_PORT="7199"\n')
    (tmp_path / "jvm-server.options").write_text("# heap\n#-Xms4G\n-ea\n-Xmx8G\n")
    (tmp_path / "logback.xml").write_text(LOGBACK)
    return tmp_path


def config(folder: Path) -> dict[str, Any]:
    """What Cassandra would read."""
    found: dict[str, Any] = yaml.safe_load((folder / "cassandra.yaml").read_text())
    return found


def test_a_node_gets_its_identity(folder: Path) -> None:
    """Name, addresses, seeds, datacenter and rack are the pod's; Cassandra's other settings stay."""
    build(environment(folder, IDENTITY))
    found = config(folder)
    assert found["seed_provider"][0]["parameters"] == [{"seeds": "a,b"}]
    wanted = {
        "cluster_name": "demo",
        "listen_address": "10.0.0.7",
        "broadcast_rpc_address": "10.0.0.7",
        "num_tokens": 16,
    }
    assert {key: found[key] for key in wanted} == wanted
    assert (folder / "cassandra-rackdc.properties").read_text() == "dc=dc1\nrack=rack1\n"


def test_the_user_s_word_is_the_last(folder: Path) -> None:
    """What the spec says of cassandra.yaml wins over image and identity, old names over new ones."""
    more = {"cluster_name": "mine", "read_request_timeout_in_ms": 9000, "num_tokens": None}
    build(
        environment(folder, IDENTITY | {"cassandra-yaml": more, "cassandra-rackdc-properties": {"prefer_local": True}})
    )
    found = config(folder)
    assert (found["cluster_name"], found["read_request_timeout_in_ms"]) == ("mine", 9000)
    assert not {"read_request_timeout", "num_tokens"} & found.keys()
    assert "prefer_local=true" in (folder / "cassandra-rackdc.properties").read_text()


@pytest.mark.parametrize(
    ("section", "file"), [("jvm-server-options", "jvm-server.options"), ("jvm-options", "jvm.options")]
)
def test_options_of_the_jvm(folder: Path, section: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They stand in the file of the release; what is not understood is said."""
    build(environment(folder, IDENTITY | {section: {"max_heap_size": "1G", "garbage_collector": "G1GC"}}))
    lines = (folder / file).read_text().splitlines()
    assert [line for line in lines if line.startswith("-Xmx")] == ["-Xmx1G"]
    assert f"{section}.garbage_collector is not understood" in capsys.readouterr().out


def test_jmx_without_a_password(folder: Path) -> None:
    """cassandra-env.sh, read by a shell, opens JMX, and the last word on the password is none."""
    build(environment(folder, IDENTITY | {"jvm-server-options": {"jmx-connection-type": "remote-no-auth"}}))
    script = '. ./cassandra-env.sh; echo "$LOCAL_JMX $JMX_PORT $JVM_OPTS"'
    said = subprocess.run(
        ["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert said.split() == ["no", "7199", "-Dcom.sun.management.jmxremote.authenticate=false"]


def test_more_options_and_less_logging(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Options for cassandra-env.sh are added; the log of debugging goes; other sections are named."""
    more = {"cassandra-env-sh": {"additional-jvm-opts": ["-Da=1"], "x": 1}, "logback-xml": {"debuglog-enabled": False}}
    build(environment(folder, IDENTITY | more | {"dse-yaml": {}}))
    assert 'JVM_OPTS="$JVM_OPTS -Da=1"' in (folder / "cassandra-env.sh").read_text()
    assert "ASYNCDEBUGLOG" not in (folder / "logback.xml").read_text()
    said = capsys.readouterr().out
    assert "cassandra-env-sh.x is not understood" in said
    assert "section dse-yaml is not understood" in said


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param("", "is no JSON", id="none"),
        pytest.param("[1]", "no object of objects", id="a list"),
        pytest.param({"cluster-info": None}, "no object of objects", id="a section that is none"),
        pytest.param({"cluster-info": {"name": "x"}}, "no datacenter-info.name", id="nowhere"),
    ],
)
def test_unusable(folder: Path, data: Any, why: str) -> None:  # noqa: ANN401 - any JSON
    """What cannot be used is refused with what is wrong, and no file is changed."""
    with pytest.raises(ConfigError, match=why):
        build(environment(folder, data))
    assert config(folder)["cluster_name"] == "Test"


def test_program_says_what_is_wrong_and_fails(folder: Path) -> None:
    """As a program it ends with 1 and one line of reason, so that the pod's status shows both."""
    given = environment(folder, "{") | {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "multicasskop.bootstrap"],
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("multicasskop bootstrap: CONFIG_FILE_DATA is no JSON")
