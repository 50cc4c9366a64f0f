"""Programs beside the control planes: Helm and Jaeger. Named by a variable, found in PATH, or built once."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from multicasskop.world.errors import ProgramsError
from multicasskop.world.programs import caches
from multicasskop.world.progress import ProgressSink, silent
from multicasskop.world.recipes import Order, Recipe, tool


@dataclass(frozen=True, slots=True)
class Tool:
    """One program: its name, the variable that may say where it is, and how it is built, in which version."""

    name: str
    variable: str
    version: str
    recipe: Recipe
    cold_seconds: float

    @property
    def order(self) -> Order:
        """What there is to build."""
        instead = f"put {self.name} into PATH or set {self.variable} to it"
        return Order((self.name,), (self.recipe,), self.cold_seconds, instead)

    def folder(self, environment: Mapping[str, str] = os.environ) -> Path:
        """Where it lies once it is built."""
        return caches(environment) / f"{self.name}-{self.version}"


def _helm(version: str) -> Tool:
    told = f"-X helm.sh/helm/v3/internal/version.version=v{version}"
    recipe = tool("helm", "helm.sh/helm/v3/cmd/helm", version, linker=told)
    return Tool("helm", "HELM_PATH", version, recipe, cold_seconds=90.0)


def _jaeger(version: str) -> Tool:
    name = "jaeger-all-in-one"
    recipe = tool(
        name, "github.com/jaegertracing/jaeger/cmd/all-in-one", version, unsummed="go.opentelemetry.io/contrib/*"
    )
    return Tool(name, "JAEGER_PATH", version, recipe, cold_seconds=130.0)


HELM = _helm("3.22.0")
JAEGER = _jaeger("1.76.0")


def find(wanted: Tool, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the path of the program if it is there already; its variable, once set, must name it."""
    if given := environment.get(wanted.variable):
        if not os.access(given, os.X_OK):
            raise ProgramsError(f"{wanted.variable}={given} is no program; unset it to have {wanted.name} built")
        return given
    folders = [environment.get("PATH") or os.defpath, str(wanted.folder(environment))]
    return shutil.which(wanted.name, path=os.pathsep.join(folders))


def find_or_build(wanted: Tool, progress: ProgressSink = silent) -> str:
    """Return the path of the program; when it is nowhere, build it. ProgramsError says why that failed."""
    from multicasskop.world.building import build  # only a first run needs it

    if (found := find(wanted)) is not None:
        return found
    build(wanted.folder(), wanted.order, progress)
    return str(wanted.folder() / wanted.name)
