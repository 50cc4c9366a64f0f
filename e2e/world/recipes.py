"""Which Go modules the control planes' programs are made from."""

import json
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
    """One module of our own that builds programs of others. Two of them, as their dependencies disagree."""

    name: str
    packages: Sequence[str]
    linker: str
    prepare: Callable[[Path, Go], None]

    def flags(self) -> list[str]:
        """What `go build` and `go list` have to agree on, so that the latter knows what the former has to do."""
        return ["-mod=mod", "-trimpath", "-buildvcs=false", f"-ldflags={self.linker}"]


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
    package = "go.etcd.io/etcd/server/v3"

    def prepare(folder: Path, go: Go) -> None:
        (folder / "go.mod").write_text(f"module build\n\ngo {LANGUAGE}\n")
        go("get", "-tool", f"{package}@v{version}")

    return Recipe("etcd", [package], "-s -w", prepare)


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
