"""As the container `config-builder`: CONFIG_FILE_DATA rendered over the files that came with Cassandra's image.

The keys are those of DataStax' cass-config-builder. Here Cassandra's own files are the base, whatever its release; what
is asked for and not understood is named in the log.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from multicasskop.bootstrap import options
from multicasskop.bootstrap.merging import Json, overlaid, seed_provider

CONFIG, OUTPUT = "CONFIG_FILE_DATA", "CONFIG_OUTPUT_DIRECTORY"
ENV_SH: Final = "cassandra-env.sh"
Section = Mapping[str, Any]


class ConfigError(Exception):
    """The configuration that the pod was given cannot be used; the message says what of it."""


def build(environment: Mapping[str, str]) -> None:
    """Render all files into the folder that the environment names. Raises ConfigError, OSError."""
    folder, data = Path(environment[OUTPUT]), read(environment.get(CONFIG, ""))
    identity = identity_of(data, environment)
    for name, section in data.items():
        WRITERS.get(name, _not_understood(name))(folder, section)
    path = folder / "cassandra.yaml"
    write_yaml(path, overlaid(read_yaml(path), identity, data.get("cassandra-yaml") or {}))
    properties = {"dc": data["datacenter-info"]["name"], "rack": environment["RACK_NAME"]}
    properties |= data.get("cassandra-rackdc-properties") or {}
    text = "".join(f"{key}={_plain(value)}\n" for key, value in properties.items())
    (folder / "cassandra-rackdc.properties").write_text(text)


def read(text: str) -> dict[str, Json]:
    """The configuration by section. Raises ConfigError."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{CONFIG} is no JSON: {error}") from error
    if not isinstance(data, dict) or not all(isinstance(each, dict) for each in data.values()):
        raise ConfigError(f"{CONFIG} is no object of objects")
    for section in ("cluster-info", "datacenter-info"):
        if "name" not in data.get(section, {}):
            raise ConfigError(f"{CONFIG} has no {section}.name")
    return data


def identity_of(data: Mapping[str, Json], environment: Mapping[str, str]) -> Json:
    """What makes a node the one that it is; what the user says of the same keys wins."""
    address, info = environment["POD_IP"], data["cluster-info"]
    seeds = str(info.get("seeds") or "").split(",")
    return {
        "cluster_name": info["name"],
        "listen_address": address,
        # clients reach it from other containers of the pod, too, and are told the address that all can reach
        "rpc_address": "0.0.0.0",  # noqa: S104 - inside the pod
        "broadcast_rpc_address": address,
        "endpoint_snitch": "GossipingPropertyFileSnitch",
        "seed_provider": seed_provider(filter(None, seeds)),
    }


def read_yaml(path: Path) -> Json:
    """A YAML file; empty when it is not there. Raises ConfigError."""
    try:
        found = yaml.safe_load(path.read_text()) if path.exists() else {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(found or {}, dict):
        raise ConfigError(f"{path} is no map")
    return found or {}


def write_yaml(path: Path, content: Json) -> None:
    """Write a YAML file, keys sorted."""
    path.write_text(yaml.safe_dump(content, default_flow_style=False))


def say(text: str) -> None:
    """A line of the container's log."""
    sys.stdout.write(f"multicasskop bootstrap: {text}\n")
    sys.stdout.flush()


def _jvm(name: str) -> Callable[[Path, Section], None]:
    def write(folder: Path, section: Section) -> None:
        path = folder / options.FILES[name]
        path.write_text(options.replaced(_text(path), options.lines(section)))
        if section.get(options.JMX) == options.REMOTE:
            _open_jmx(folder / ENV_SH)
        for key in options.unknown(section):
            say(f"{name}.{key} is not understood and left out; {options.MORE} takes any option")

    return write


def _open_jmx(path: Path) -> None:
    # the script asks for a password as soon as JMX is not local; later options win
    more = options.joined(["-Dcom.sun.management.jmxremote.authenticate=false"])
    path.write_text("".join(["LOCAL_JMX=no\n", _text(path), *(f"{line}\n" for line in more)]))


def _env_sh(folder: Path, section: Section) -> None:
    path = folder / ENV_SH
    added = options.joined(map(str, section.get(options.MORE) or ()))
    path.write_text(_text(path) + "".join(f"{line}\n" for line in added))
    for key in sorted(section.keys() - {options.MORE}):
        say(f"cassandra-env-sh.{key} is not understood and left out; {options.MORE} takes any option")


def _logback(folder: Path, section: Section) -> None:
    path, reference = folder / "logback.xml", '<appender-ref ref="ASYNCDEBUGLOG" />'
    if section.get("debuglog-enabled") is False and path.exists():
        path.write_text(path.read_text().replace(reference, ""))


def _read_elsewhere(_folder: Path, _section: Section) -> None:
    """Sections that files are made from together."""


def _not_understood(name: str) -> Callable[[Path, Section], None]:
    return lambda _folder, _section: say(f"section {name} is not understood and left out")


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


WRITERS: Final[dict[str, Callable[[Path, Section], None]]] = {
    options.OLD: _jvm(options.OLD),
    options.SERVER: _jvm(options.SERVER),
    "cassandra-env-sh": _env_sh,
    "logback-xml": _logback,
    **dict.fromkeys(("cluster-info", "datacenter-info", "cassandra-yaml"), _read_elsewhere),
    "cassandra-rackdc-properties": _read_elsewhere,
}
