"""As the container `bootstrap`: scripts, agents and seeds put where Cassandra's start script finds them.

The same contract as that of the Go CassKop's image: the folders, the variables, and the two scripts that a user may
give. What differs: which node may begin a ring is decided at each start, by start.sh, with the node's data in view.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multicasskop.bootstrap.builder import ENV_SH, ConfigError, read_yaml, say, write_yaml
from multicasskop.bootstrap.merging import Json, is_me, seed_provider, seeds_of

SEEDS: Final = "CASSANDRA_SEEDS"
DATA: Final = "/var/lib/cassandra/data"
JOLOKIA_PORT: Final = 8778
EXPORTER_PORT: Final = 9500
# where start.sh puts the seeds that answer
ANSWERING: Final = "@ANSWERING@"
BEGIN, END = "# begin of multicasskop", "# end of multicasskop"
PROBES: Final = ("readiness-probe.sh", "liveness-probe.sh")
# For Cassandra's start script alone: nodetool reads the same file. A shell that is the container's first process ends
# at SIGTERM only by a trap, and handles it while it waits, not while it reads what a command prints.
HOOK: Final = """\
{begin}
case "$0" in
  */cassandra | cassandra)
    trap 'exit 143' TERM INT
    bash {folder}/start.sh >{folder}/options &
    wait $! || exit 1
    trap - TERM INT
    JVM_OPTS="$JVM_OPTS $(cat {folder}/options){agents}"
    ;;
esac
{end}
"""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of the contract, and those of the image."""

    configuration: Path = Path("/etc/cassandra")
    libraries: Path = Path("/extra-lib")
    scripts: Path = Path("/configmap")
    assets: Path = Path(__file__).parent / "assets"
    agents: Path = Path("/opt/multicasskop/agents")

    @property
    def own(self) -> Path:
        """Where our own files are, beside Cassandra's."""
        return self.configuration / "multicasskop"


@dataclass(frozen=True, slots=True)
class Me:
    """The node that is prepared."""

    hostname: str
    address: str
    seeds: tuple[str, ...]

    @property
    def is_seed(self) -> bool:
        """Whether it is among its own seeds."""
        return any(is_me(seed, self.hostname, self.address) for seed in self.seeds)

    @property
    def is_first(self) -> bool:
        """Whether it is the node that begins a ring which never ran."""
        return bool(self.seeds) and is_me(self.seeds[0], self.hostname, self.address)

    @property
    def others(self) -> tuple[str, ...]:
        """The seeds that it may join."""
        return tuple(seed for seed in self.seeds if not is_me(seed, self.hostname, self.address))


def prepare(environment: Mapping[str, str], hostname: str, places: Places) -> None:
    """Put everything in its place. Raises ConfigError, OSError; a user's script that fails is a ConfigError."""
    places.own.mkdir(exist_ok=True)
    agents = copy_files(places)
    run_script(places.scripts / "pre_run.sh")
    path = places.configuration / "cassandra.yaml"
    config = read_yaml(path)
    given = tuple(seed for seed in map(str.strip, environment.get(SEEDS, "").split(",")) if seed)
    me = Me(hostname, environment["POD_IP"], given or seeds_of(config))
    write_seeds(path, config, me)
    (places.own / "node.env").write_text(facts(me, config))
    write_agents(places, environment)
    hook(places, agents)
    say(f"{hostname}, seeds {','.join(me.seeds) or 'none'}{', itself among them' if me.is_seed else ''}")
    run_script(places.scripts / "post_run.sh")


def copy_files(places: Places) -> tuple[str, ...]:
    """Copy scripts and agents; return the agents' file names."""
    for asset in sorted(places.assets.glob("*.sh")):
        target = places.configuration if asset.name in PROBES else places.own
        shutil.copyfile(asset, target / asset.name)
        (target / asset.name).chmod(0o755)
    agents = sorted(places.agents.glob("*.jar"))
    for agent in agents:
        shutil.copyfile(agent, places.libraries / agent.name)
    return tuple(agent.name for agent in agents)


def run_script(script: Path) -> None:
    """Run a user's script, if it is there. Raises ConfigError when it fails."""
    if script.exists():
        say(f"running {script}")
        done = subprocess.run(["bash", str(script)], check=False)  # noqa: S603, S607 - the user's own
        if done.returncode:
            raise ConfigError(f"{script} ended with code {done.returncode}")


def write_seeds(path: Path, config: Json, me: Me) -> None:
    """Write the configuration with all seeds, and the one with which a node joins a ring that has data."""
    if me.seeds:
        config = {**config, "seed_provider": seed_provider(me.seeds)}
        write_yaml(path, config)
    write_yaml(path.parent / "multicasskop" / "joining.yaml", {**config, "seed_provider": seed_provider([ANSWERING])})


def facts(me: Me, config: Json) -> str:
    """What the scripts have to know, as assignments of a shell."""
    values = {
        "ADDRESS": me.address,
        "OTHERS": " ".join(me.others),
        "IS_SEED": "yes" if me.is_seed else "",
        "IS_FIRST": "yes" if me.is_first else "",
        "DATA": str((config.get("data_file_directories") or [DATA])[0]),
        "CQL": "" if config.get("start_native_transport") is False else "yes",
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def write_agents(places: Places, environment: Mapping[str, str]) -> None:
    """Write what the agents read. Who may ask Jolokia stands in a file, not in a command line that all can see."""
    settings = {"host": "0.0.0.0", "port": JOLOKIA_PORT, "discoveryEnabled": "false", "executor": "fixed"}  # noqa: S104
    # else each request waits until DNS has been asked for the caller's name: for seconds, where it does not answer
    settings |= {"allowDnsReverseLookup": "false"}
    if environment.get("CASSANDRA_AUTH_JOLOKIA") == "true":
        settings |= {"authMode": "basic"}
        settings |= {"user": environment["JOLOKIA_USER"], "password": environment["JOLOKIA_PASSWORD"]}
    path = places.own / "jolokia.properties"
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.writelines(f"{key}={_escaped(str(value))}\n" for key, value in settings.items())
    shutil.copyfile(places.assets / "exporter.yaml", places.own / "exporter.yaml")


def hook(places: Places, agents: tuple[str, ...]) -> None:
    """Add to cassandra-env.sh what is run at each start, in place of what an earlier run added."""
    path = places.configuration / ENV_SH
    text = path.read_text() if path.exists() else ""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(f"{END}\n")[2]
    options = {"jolokia": f"config={places.own}/jolokia.properties", "exporter": _exporter(places)}
    flags = "".join(f" -javaagent:{places.libraries}/{name}={options[name.partition('-')[0]]}" for name in agents)
    path.write_text(before + after + HOOK.format(begin=BEGIN, end=END, folder=places.own, agents=flags))


def _exporter(places: Places) -> str:
    return f"{EXPORTER_PORT}:{places.own}/exporter.yaml"


def _escaped(value: str) -> str:
    # as java.util.Properties reads it
    return "".join(f"\\u{ord(each):04x}" if not each.isascii() or each in "\\\n\r\t \f" else each for each in value)
