"""Where the control planes' programs come from: KUBEBUILDER_ASSETS, the project's cache, or built once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from multicasskop.world.errors import ProgramsError
from multicasskop.world.progress import ProgressSink, silent

KUBERNETES = "1.36.3"
ETCD = "3.6.8"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")


@dataclass(frozen=True, slots=True)
class Programs:
    """The three programs of a plane, by path."""

    etcd: str
    apiserver: str
    controller_manager: str

    @classmethod
    def in_folder(cls, folder: Path) -> "Programs | None":
        """Return the programs of a folder that holds all three, else None."""
        paths = [folder / name for name in NAMES]
        return cls(*map(str, paths)) if all(os.access(path, os.X_OK) for path in paths) else None


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder for what is built once per machine and version."""
    home = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "multicasskop" / f"kubernetes-{KUBERNETES}-etcd-{ETCD}"


def find(environment: Mapping[str, str] = os.environ) -> Programs | None:
    """Return the programs that are there already; KUBEBUILDER_ASSETS, once set, must hold them."""
    if assets := environment.get("KUBEBUILDER_ASSETS"):
        programs = Programs.in_folder(Path(assets))
        if programs is None:
            raise ProgramsError(f"KUBEBUILDER_ASSETS={assets} lacks one of {', '.join(NAMES)}; unset it to build them")
        return programs
    return Programs.in_folder(cache_folder(environment))


def find_or_build(progress: ProgressSink = silent) -> Programs:
    """Return the programs; when they are nowhere, build them into the cache. ProgramsError says why that failed."""
    from multicasskop.world.building import build  # only a first run needs it

    return find() or build(cache_folder(), progress)
