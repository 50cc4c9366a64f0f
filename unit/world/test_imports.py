"""A Secret mounted as kubelet does it."""

import os
from pathlib import Path

from multicasskop.world.imports import Mount, secret_of
from multicasskop.world.kubeconfig import Entry


def names(mount: Mount) -> list[str]:
    """What a reader of the folder finds."""
    return sorted(path.name for path in mount.folder.iterdir() if not path.name.startswith(".."))


def test_files_are_links_through_one_link(tmp_path: Path) -> None:
    """Each file is a link through `..data`, which is what is swapped."""
    mount = Mount(tmp_path / "m")
    assert names(mount) == []
    mount.project({"token": b"a"})
    assert os.readlink(mount.folder / "token") == "..data/token"
    assert (mount.folder / "token").read_bytes() == b"a"


def test_swap_leaves_nothing_behind(tmp_path: Path) -> None:
    """After a swap there are the new files alone, and one folder behind them."""
    mount = Mount(tmp_path / "m")
    mount.project({"token": b"a", "server": b"b"})
    mount.project({"token": b"c", "ca.crt": b"d"})
    assert names(mount) == ["ca.crt", "token"]
    assert (mount.folder / "token").read_bytes() == b"c"
    assert len([path for path in mount.folder.iterdir() if path.is_dir() and not path.is_symlink()]) == 1


def test_secret_of_a_context() -> None:
    """The values are those of a context, as bytes."""
    values = secret_of(Entry("c2", "https://x", "pem", "canary", "ns"))
    assert values == {"ca.crt": b"pem", "token": b"canary", "server": b"https://x", "namespace": b"ns"}
