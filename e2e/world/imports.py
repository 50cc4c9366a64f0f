"""A Secret mounted as kubelet mounts it: files behind a link that is swapped in one step."""

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

from multicasskop.world.kubeconfig import Entry
from multicasskop.world.planes.certificates import write_private

DATA = "..data"


class Mount:
    """The folder of one Secret. An empty one is what an optional Secret that does not exist looks like."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, with nothing in it."""
        self.folder = folder
        self._numbers = itertools.count(1)
        folder.mkdir(parents=True)
        self.project({})

    def project(self, files: Mapping[str, bytes]) -> None:
        """Let the folder have these files and no others, from one moment to the next."""
        content = self.folder / f"..{next(self._numbers)}"
        content.mkdir()
        for name, data in files.items():
            write_private(content / name, "")
            (content / name).write_bytes(data)
        old = (self.folder / DATA).resolve() if (self.folder / DATA).exists() else None
        link = self.folder / "..data_tmp"
        link.symlink_to(content.name)
        link.rename(self.folder / DATA)
        self._link(files)
        if old is not None:
            shutil.rmtree(old)

    def _link(self, files: Mapping[str, bytes]) -> None:
        for name in files:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"{DATA}/{name}")
        for path in self.folder.iterdir():
            if not path.name.startswith("..") and path.name not in files:
                path.unlink()


def secret_of(entry: Entry) -> dict[str, bytes]:
    """The values of a member's Secret that lets in whoever this context lets in."""
    values = {
        "ca.crt": entry.authority,
        "token": entry.token,
        "server": entry.server,
        "namespace": entry.namespace,
    }
    return {key: value.encode() for key, value in values.items()}
