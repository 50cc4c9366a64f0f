"""Which Go modules the world's programs are made from."""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LANGUAGE = "1.26.0"
STAGED = re.compile(r"^\t?(k8s\.io/\S+) v0\.0\.0(?=\s)", re.MULTILINE)
VERSIONS = "k8s.io/component-base/version", "k8s.io/client-go/pkg/version"

Go = Callable[..., str]
"""Runs `go` with arguments in the recipe's folder and returns what it printed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One module of our own that builds programs of others: one per project, as their dependencies disagree.

    `unsummed` are modules that the checksum database does not know.
    """

    name: str
    packages: Sequence[str]
    linker: str
    prepare: Callable[[Path, Go], None]
    unsummed: str = ""

    def flags(self) -> list[str]:
        """What `go build` and `go list` have to agree on, so that the latter knows what the former has to do."""
        return ["-mod=mod", "-trimpath", "-buildvcs=false", f"-ldflags={self.linker}"]


@dataclass(frozen=True, slots=True)
class Order:
    """Programs that are built together, by name, and how long that takes (seconds) when nothing is cached."""

    names: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    cold_seconds: float
    instead: str
    """What a user can do who has them, or cannot build them."""

    @property
    def listed(self) -> str:
        """The names, for messages."""
        return ", ".join(self.names)

    def is_complete(self, folder: Path) -> bool:
        """Whether the folder holds all programs."""
        return all(os.access(folder / name, os.X_OK) for name in self.names)


def kubernetes(version: str) -> Recipe:
    """API server and controller manager. The staging modules stand in go.mod as v0.0.0 and are replaced one by one."""

    def prepare(folder: Path, go: Go) -> None:
        described = json.loads(go("mod", "download", "-json", f"k8s.io/kubernetes@v{version}"))
        staged = sorted(set(STAGED.findall(Path(described["GoMod"]).read_text())))
        (folder / "go.mod").write_text(go_mod(version, staged, packages))
        go("mod", "tidy")

    packages = [f"k8s.io/kubernetes/cmd/{name}" for name in ("kube-apiserver", "kube-controller-manager")]
    return Recipe("kubernetes", packages, linker(version), prepare)


def etcd(version: str) -> Recipe:
    """etcd, by its server module."""
    return tool("etcd", "go.etcd.io/etcd/server/v3", version)


def tool(name: str, package: str, version: str, *, linker: str = "", unsummed: str = "") -> Recipe:
    """A program that its module builds as it is."""

    def prepare(folder: Path, go: Go) -> None:
        (folder / "go.mod").write_text(f"module build\n\ngo {LANGUAGE}\n")
        go("get", "-tool", f"{package}@v{version}")

    return Recipe(name, [package], f"-s -w {linker}".rstrip(), prepare, unsummed)


def go_mod(version: str, staged: Sequence[str], packages: Sequence[str]) -> str:
    """The go.mod of a module that builds Kubernetes' programs."""
    replaced = "".join(f"\t{module} => {module} v0.{version.removeprefix('1.')}\n" for module in staged)
    tools = "".join(f"\t{package}\n" for package in packages)
    return (
        f"module build\n\ngo {LANGUAGE}\n\nrequire k8s.io/kubernetes v{version}\n\n"
        f"replace (\n{replaced})\n\ntool (\n{tools})\n"
    )


def linker(version: str) -> str:
    """The linker's flags: no symbols, and the version that the programs tell."""
    major, minor, _ = version.split(".")
    facts = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    told = [f"-X {package}.{name}={value}" for package in VERSIONS for name, value in facts.items()]
    return " ".join(["-s", "-w", *told])
