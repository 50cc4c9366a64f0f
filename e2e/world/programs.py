"""Where the control planes' programs come from: KUBEBUILDER_ASSETS, the project's cache, or built once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from multicasskop.world.errors import ProgramsError
from multicasskop.world.progress import ProgressSink, silent
from multicasskop.world.recipes import Order, etcd, kubernetes

KUBERNETES = "1.36.3"
ETCD = "3.6.8"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")
PLANES = Order(
    NAMES,
    (kubernetes(KUBERNETES), etcd(ETCD)),
    cold_seconds=270.0,
    instead=f"set KUBEBUILDER_ASSETS to a folder with {', '.join(NAMES)}",
)


@dataclass(frozen=True, slots=True)
class Programs:
    """The three programs of a plane, by path."""

    etcd: str
    apiserver: str
    controller_manager: str

    @classmethod
    def in_folder(cls, folder: Path) -> "Programs | None":
        """Return the programs of a folder that holds all three, else None."""
        return cls(*(str(folder / name) for name in NAMES)) if PLANES.is_complete(folder) else None


def caches(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder in which everything is kept that is made once per machine."""
    home = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "multicasskop"


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder for the planes' programs of these versions."""
    return caches(environment) / f"kubernetes-{KUBERNETES}-etcd-{ETCD}"


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

    if (found := find()) is not None:
        return found
    build(cache_folder(), PLANES, progress)
    return Programs(*(str(cache_folder() / name) for name in NAMES))
