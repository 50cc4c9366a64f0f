"""The name of an object inside one cluster and one kind."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class Key(NamedTuple):
    """Namespace and name; the namespace is empty for cluster-scoped objects.

    The cluster is no part of it: there is one store per cluster and kind.
    """

    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Self:
        """Return the key of an object as the API server sends it; KeyError when it has no metadata or no name."""
        metadata = obj["metadata"]
        return cls(metadata.get("namespace") or "", metadata["name"])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that prints as `text`; ValueError when a part is empty or there are more than two."""
        *namespace, name = text.split("/")
        if len(namespace) > 1 or not name or "" in namespace:
            raise ValueError(f"{text!r} is not a key (namespace/name, or name)")
        return cls(namespace[0] if namespace else "", name)

    def __str__(self) -> str:
        """Print as `namespace/name`, or as the bare name when cluster-scoped."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
