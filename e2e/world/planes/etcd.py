"""etcd of one member: in memory as far as it can be, nothing is worth an fsync."""

from multicasskop.world.planes.plane import Plane
from multicasskop.world.ports import is_served


def command(program: str, plane: Plane) -> list[str]:
    """The command line. The peer's port is of no use with one node, so it may be any."""
    client = f"http://127.0.0.1:{plane.etcd_port}"
    return [
        program,
        f"--data-dir={plane.root / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        "--listen-peer-urls=http://127.0.0.1:0",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def is_ready(plane: Plane) -> bool:
    """Whether it accepts connections."""
    return is_served(plane.etcd_port)
