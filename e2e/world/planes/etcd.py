"""etcd of one member: in memory as far as it can be, nothing is worth an fsync."""

import shutil
from pathlib import Path

from multicasskop.world.errors import WorldError
from multicasskop.world.planes.plane import Plane
from multicasskop.world.ports import is_served


def command(program: str, plane: Plane) -> list[str]:
    """The command line. The peer's port is of no use with one node, so it may be any."""
    client = f"http://127.0.0.1:{plane.etcd_port}"
    return [
        program,
        f"--data-dir={data(plane)}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        "--listen-peer-urls=http://127.0.0.1:0",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def is_ready(plane: Plane) -> bool:
    """Whether it accepts connections."""
    return is_served(plane.etcd_port)


def data(plane: Plane) -> Path:
    """Where it keeps everything."""
    return plane.root / "etcd"


def snapshot(plane: Plane) -> Path:
    """Where the copy is that was kept."""
    return plane.root / "etcd.snapshot"


def keep(plane: Plane) -> None:
    """Copy what it holds, in place of an older copy. It must stand still: then the copy is as after a crash."""
    shutil.rmtree(snapshot(plane), ignore_errors=True)
    shutil.copytree(data(plane), snapshot(plane))


def check_kept(plane: Plane) -> None:
    """Raise WorldError when nothing was kept."""
    if not snapshot(plane).exists():
        raise WorldError(f"{plane.member}: there is no snapshot; take one first")


def put_back(plane: Plane) -> None:
    """Replace what it holds by the copy. It must not run."""
    shutil.rmtree(data(plane), ignore_errors=True)
    shutil.copytree(snapshot(plane), data(plane))
