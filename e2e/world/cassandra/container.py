"""What runs in the world's image where pods are real: it stands for all images that a CassandraCluster names.

As an init container it writes down what it is given, and is done; as `cassandra` it is a node until it is asked to end.
Whether the node sees itself alive is asked by `images/probe.sh`, as CassKop's own probes do.
"""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from multicasskop.informers.clock import SystemClock
from multicasskop.world.cassandra.book import Command
from multicasskop.world.cassandra.described import cluster_name
from multicasskop.world.cassandra.gossip import Gossip, over_http
from multicasskop.world.cassandra.listener import PORT, Credentials, Listener
from multicasskop.world.cassandra.node import Cassandra, Identity, StartError
from multicasskop.world.cassandra.releases import parse
from multicasskop.world.cassandra.rules import Line, Treatment

CONFIGURATION = Path("/etc/cassandra")
DATA = Path("/var/lib/cassandra")
FACTS = "simulated.json"
SECONDS = "2"
ROUND_SECONDS = 0.5
CODE_OF_START = 3

Environment = Mapping[str, str]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the init containers pass on to the node."""

    datacenter: str
    rack: str
    seeds: tuple[str, ...]


def main(arguments: list[str], environment: Environment = os.environ) -> int:
    """Play the part that the command line, or else the variables, ask for; return the exit code."""
    match arguments:
        case ["cassandra", *_]:
            return asyncio.run(node(environment))
        case _:
            initialize(environment, CONFIGURATION)
            return 0


def initialize(environment: Environment, folder: Path) -> None:
    """As the builder of the configuration: see that it can be read. As bootstrap: write down who the node is."""
    if "CONFIG_OUTPUT_DIRECTORY" in environment:
        cluster_name(environment["CONFIG_FILE_DATA"])
        return
    seeds = tuple(seed for seed in environment.get("CASSANDRA_SEEDS", "").split(",") if seed)
    facts = Facts(datacenter=environment["CASSANDRA_DC"], rack=environment["CASSANDRA_RACK"], seeds=seeds)
    (folder / FACTS).write_bytes(msgspec.json.encode(facts))


async def node(environment: Environment) -> int:
    """Be a node until SIGTERM; what it is told to do goes to the output, a JSON document per line."""
    facts = msgspec.json.decode((CONFIGURATION / FACTS).read_bytes(), type=Facts)
    address = environment["POD_IP"]
    gossip = Gossip(address, facts.seeds, partial(over_http, port=PORT), told)
    who, how = identity(environment, facts, host_id(DATA)), settings(environment)
    cassandra = Cassandra(gossip, who, release(environment), lambda: how, SystemClock())
    await gossip.round()
    try:
        cassandra.start()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return CODE_OF_START
    listener = Listener(
        address, cassandra.answer, lambda: Line.NORMAL, credentials(environment), more={"/gossip": gossip.hear}
    )
    await listener.open()
    await until_told(gossip)
    cassandra.stop()
    await gossip.round()
    listener.leave()
    return 0


async def until_told(gossip: Gossip) -> None:
    """Gossip until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    while not stopped.is_set():
        await gossip.round()
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), ROUND_SECONDS)


def identity(environment: Environment, facts: Facts, host: str) -> Identity:
    """Who the node is; a pod's host name is its name."""
    address, pod = environment["POD_IP"], environment.get("HOSTNAME", "")
    return Identity(host, address, facts.datacenter, facts.rack, "", pod, facts.seeds)


def host_id(folder: Path) -> str:
    """The host id, which lies with the data; where none is kept, a new one."""
    file = folder / "host-id"
    with suppress(OSError):
        if not file.exists():
            file.write_text(str(uuid.uuid4()))
        return file.read_text()
    return str(uuid.uuid4())


def credentials(environment: Environment) -> Credentials | None:
    """Who may ask; everybody unless told otherwise."""
    if environment.get("CASSANDRA_AUTH_JOLOKIA") != "true":
        return None
    return Credentials(environment["JOLOKIA_USER"], environment["JOLOKIA_PASSWORD"])


def release(environment: Environment) -> tuple[int, int]:
    """The release that is played: SIMULATED_RELEASE, as `spec.envVars` can set it."""
    return parse(environment.get("SIMULATED_RELEASE", "4.1"))


def settings(environment: Environment) -> Treatment:
    """How long things take: SIMULATED_JOIN and SIMULATED_COMMAND, in seconds."""
    join, command = (float(environment.get(f"SIMULATED_{name}", SECONDS)) for name in ("JOIN", "COMMAND"))
    return Treatment(join=join, command=command)


def told(command: Command) -> None:
    """Tell of a command."""
    sys.stdout.write(msgspec.json.encode(command).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
