"""What the API server calls a resource, and the paths under which it serves it."""

from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind in one version of one group; the core group is the empty string."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects: `group/version`, or the bare version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def with_version(self, version: str) -> Self:
        """Return the same kind in another version."""
        return replace(self, version=version)

    def group_path(self) -> str:
        """Return the path of the group and version, under which discovery answers."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the path of one object, of a collection in a namespace, or of the collection in all namespaces.

        A namespace given for a cluster-scoped resource is left out. ValueError when a part could leave its place in
        the path, or when a sub-resource has no object.
        """
        if subresource and not name:
            raise ValueError(f"{self.plural}/{subresource}: a sub-resource needs the name of an object")
        parts = ["namespaces", namespace] if namespace and self.namespaced else []
        parts += [self.plural, *filter(None, (name, subresource))]
        return "/".join((self.group_path(), *map(_segment, parts)))


def _segment(text: str) -> str:
    """Quote one path segment; dots alone would be resolved on the way, even when quoted."""
    if text in {".", ".."}:
        raise ValueError(f"{text!r} cannot be part of a path")
    return quote(text, safe="")
