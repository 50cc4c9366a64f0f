"""The ring as a node sees it, by nodetool in its pod."""

import re
from typing import Final, NamedTuple

from multicasskop.world.kind import engine
from multicasskop.world.kind.world import KindWorld

_LINE: Final = re.compile(r"^(?P<state>[UD?][NLJM]) +(?P<address>\S+) .* (?P<host>[0-9a-f-]{36}) +(?P<rack>\S+) *$")


class Peer(NamedTuple):
    """A node as another one sees it: `UN` is up and normal."""

    datacenter: str
    rack: str
    address: str
    state: str
    host: str


def kubectl(world: KindWorld, member: str, *arguments: str, seconds: float = 120.0) -> str:
    """Run kubectl against a member; what it printed."""
    program = str(engine.kubectl_path() or "kubectl")
    where = ("--kubeconfig", str(world.kubeconfig), "--context", member)
    return engine.run(program, *where, *arguments, seconds=seconds)


def nodetool(world: KindWorld, member: str, namespace: str, pod: str, *arguments: str, seconds: float = 120.0) -> str:
    """Run nodetool in a pod; what it printed. WorldError when it fails."""
    command = ("-n", namespace, "exec", pod, "-c", "cassandra", "--", "nodetool", *arguments)
    return kubectl(world, member, *command, seconds=seconds)


def status(text: str) -> tuple[Peer, ...]:
    """What `nodetool status` printed, sorted by datacenter and rack."""
    datacenter, found = "", list[Peer]()
    for line in text.splitlines():
        if line.startswith("Datacenter: "):
            datacenter = line.removeprefix("Datacenter: ").strip()
        elif match := _LINE.match(line):
            found.append(Peer(datacenter, match["rack"], match["address"], match["state"], match["host"]))
    return tuple(sorted(found))
