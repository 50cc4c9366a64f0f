"""Manifests as people write them: plain data, and where in the file each field stands."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from multicasskop.crds.codes import Code
from multicasskop.crds.names import GROUP, MULTICASSKOP_KIND
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

Json = dict[str, Any]
Path_ = tuple[str | int, ...]
STDIN: Final = "-"
# aliases of aliases make a small file large
NODES_MAX: Final = 200_000
_PART: Final = re.compile(r'\.?([A-Za-z0-9_-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]', re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, counted from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file, and the place of each of its fields."""

    file: str
    obj: Json
    places: Mapping[Path_, Place]

    def place_of(self, path: str) -> Place:
        """Where a path leads to; a field that is not there is found at what should hold it."""
        parts = parts_of(path)
        known = (parts[:length] for length in range(len(parts), -1, -1))
        return next((self.places[part] for part in known if part in self.places), Place())

    @property
    def key(self) -> tuple[str, str]:
        """Namespace, possibly empty, and name."""
        metadata = self.obj.get("metadata")
        found = metadata if isinstance(metadata, dict) else {}
        return str(found.get("namespace") or ""), str(found.get("name") or "")

    @property
    def is_ours(self) -> bool:
        """Whether it is a MultiCasskop, of whatever version."""
        group = str(self.obj.get("apiVersion", "")).partition("/")[0]
        return (group, self.obj.get("kind")) == (GROUP, MULTICASSKOP_KIND)


class MalformedError(Exception):
    """The file is no YAML, or none that an API server would take: what is wrong, and where."""

    def __init__(self, problem: str, place: Place) -> None:
        super().__init__(problem)
        self.problem, self.place = problem, place


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: a date is text."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for sign, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str, file: str) -> list[Document]:
    """The objects of a text, those of lists one by one; raises MalformedError."""
    try:
        loader = _Loader(text)
        return [document for node in list(_nodes(loader)) for document in _documents(loader, node, file)]
    except yaml.MarkedYAMLError as error:
        raise MalformedError(error.problem or "it is no YAML", _at(error.problem_mark)) from None
    except yaml.reader.ReaderError as error:
        raise MalformedError(f"a character that YAML does not allow ({error.reason})", Place()) from None
    except RecursionError:
        raise MalformedError("objects that contain themselves, or too many inside each other", Place()) from None


def read(file: str) -> str:
    """The text of a file, or of the standard input for `-`; CommandError when it cannot be read."""
    try:
        return sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CommandError(ExitCode.USAGE, f"{file}: {why}", code=Code.MALFORMED) from error


def load(file: str) -> list[Document]:
    """The objects of a file; CommandError with file, line and column when it cannot be read."""
    try:
        return parse(read(file), file)
    except MalformedError as error:
        where = f"{file}:{error.place.line}:{error.place.column}"
        raise CommandError(ExitCode.USAGE, f"{where}: {error.problem}", code=Code.MALFORMED) from error


def parts_of(path: str) -> Path_:
    """The parts of a path as Kubernetes writes it: `spec.override["k8s.a"].spec.topology.dc[0]`."""
    return tuple(_part(*found.groups()) for found in _PART.finditer(path))


def _part(name: str | None, index: str | None, quoted: str | None) -> str | int:
    if index is not None:
        return int(index)
    return name if name is not None else str(json.loads(quoted or '""'))


def _nodes(loader: yaml.SafeLoader) -> Iterator[yaml.Node]:
    while loader.check_node():
        node = loader.get_node()
        if node is not None:
            yield node


def _documents(loader: yaml.SafeLoader, node: yaml.Node, file: str) -> Iterator[Document]:
    places: dict[Path_, Place] = {}
    obj = _plain(loader, node, (), places)
    if obj is None:
        return
    if not isinstance(obj, dict):
        raise MalformedError("an object was expected here", places[()])
    items = obj.get("items")
    if not (str(obj.get("kind", "")).endswith("List") and isinstance(items, list)):
        yield Document(file, obj, places)
        return
    for index, item in enumerate(items):
        inner = {path[2:]: place for path, place in places.items() if path[:2] == ("items", index)}
        if isinstance(item, dict):
            yield Document(file, item, inner)


def _plain(loader: yaml.SafeLoader, node: yaml.Node, path: Path_, places: dict[Path_, Place]) -> Any:  # noqa: ANN401
    if len(places) > NODES_MAX:
        raise MalformedError(f"more than {NODES_MAX} fields", _at(node.start_mark))
    places.setdefault(path, _at(node.start_mark))
    match node:
        case yaml.MappingNode():
            return _mapping(loader, node, path, places)
        case yaml.SequenceNode():
            return [_plain(loader, item, (*path, index), places) for index, item in enumerate(node.value)]
        case _:
            try:
                return loader.construct_object(node)
            except (yaml.YAMLError, ValueError) as error:
                raise MalformedError(f"a value that cannot be read ({error})", _at(node.start_mark)) from None


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, path: Path_, places: dict[Path_, Place]) -> Json:
    loader.flatten_mapping(node)
    found: Json = {}
    for key_node, value_node in node.value:
        key = _plain(loader, key_node, (*path, "", ""), {})
        if not isinstance(key, str | int | float | bool) and key is not None:
            raise MalformedError("a key that is no text", _at(key_node.start_mark))
        name = key if isinstance(key, str) else str(key_node.value)
        if name in found:
            raise MalformedError(f'"{name}" stands there twice', _at(key_node.start_mark))
        # people look for a field by its name, not by its value
        places[(*path, name)] = _at(key_node.start_mark)
        found[name] = _plain(loader, value_node, (*path, name), places)
    return found


def _at(mark: yaml.Mark | None) -> Place:
    return Place() if mark is None else Place(mark.line + 1, mark.column + 1)
