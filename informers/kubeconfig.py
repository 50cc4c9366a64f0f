"""Kubeconfig files: parsed, merged, and one context picked out of them.

A file that the process was started with is trusted like a command line. One that came in a Secret is not: it may name a
server, its CA, and a token or a client certificate, all of them by value. Everything else could make the operator open
files, start programs, act as somebody else or talk to somebody else, and is refused.
"""

import base64
import binascii
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from multicasskop.informers.errors import CredentialsError

SIZE_LIMIT = 1024 * 1024
UNTRUSTED_SIZE_LIMIT = 64 * 1024
LEVELS = 16
UNTRUSTED_CLUSTER_FIELDS = frozenset({"server", "certificate-authority-data"})
UNTRUSTED_USER_FIELDS = frozenset({"token", "client-certificate-data", "client-key-data"})
# fields whose absence would change who is spoken to, or as whom: better refused than ignored
UNSUPPORTED = {
    "proxy-url": "proxies are not supported",
    "as": "impersonation is not supported",
    "as-groups": "impersonation is not supported",
    "as-uid": "impersonation is not supported",
    "as-user-extra": "impersonation is not supported",
    "username": "API servers have not accepted passwords since Kubernetes 1.19",
    "password": "API servers have not accepted passwords since Kubernetes 1.19",
}

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Context:
    """One context with what it refers to; never printed, for it holds secrets.

    `cluster_directory` and `user_directory` are where relative paths begin: the folder of the file that had the entry.
    """

    where: str
    cluster: Fields
    user: Fields
    namespace: str = ""
    cluster_directory: Path = field(default_factory=Path)
    user_directory: Path = field(default_factory=Path)


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One parsed file and the folder it stood in."""

    content: Fields
    directory: Path


# the fast one recurses outside Python's own limit, so what is not trusted is looked at first, event by event
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: bytes, where: str, *, directory: Path | None = None) -> Document:
    """Return the parsed text; CredentialsError when it is no kubeconfig. Never quotes the text: it holds secrets.

    `directory` is given for a file that is trusted: it may be larger, and hold aliases.
    """
    limit = UNTRUSTED_SIZE_LIMIT if directory is None else SIZE_LIMIT
    if len(text) > limit:
        raise CredentialsError(where, f"is longer than {limit} bytes", "Export one context alone.")
    try:
        if directory is None:
            _refuse_tricks(text)
        content = yaml.load(text, _LOADER)  # noqa: S506  both are safe loaders
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CredentialsError(where, f"is not a kubeconfig: {_position(error)}") from None
    if not isinstance(content, dict):
        raise CredentialsError(where, "is not a kubeconfig: no mapping at its top")
    return Document(content, directory or Path())


def _refuse_tricks(text: bytes) -> None:
    """Raise YAMLError for aliases, a few lines of which stand for gigabytes, and for more levels than anybody needs."""
    level = 0
    for event in yaml.parse(text, _LOADER):
        match event:
            case yaml.AliasEvent():
                raise yaml.YAMLError("aliases are not allowed here")
            case yaml.CollectionStartEvent():
                level += 1
            case yaml.CollectionEndEvent():
                level -= 1
        if level > LEVELS:
            raise yaml.YAMLError(f"more than {LEVELS} levels")


def read(path: str) -> tuple[Document, ...]:
    """Read the file at `path`, or several in the form of the variable KUBECONFIG; CredentialsError when none is there.

    As with kubectl, of several files those that do not exist are passed over.
    """
    names = [name for name in path.split(os.pathsep) if name]
    found = [name for name in names if len(names) == 1 or Path(name).expanduser().exists()]
    if not found:
        raise CredentialsError(path or "kubeconfig", "no such file", "Name one with --kubeconfig or KUBECONFIG.")
    return tuple(_read_one(Path(name).expanduser()) for name in found)


def contexts(documents: Iterable[Document]) -> tuple[str, ...]:
    """Return the names of all contexts, in order."""
    entries = (entry for document in documents for entry in _entries(document, "contexts"))
    return tuple(dict.fromkeys(str(entry.get("name")) for entry in entries))


def current(documents: Iterable[Document]) -> str:
    """Return the name of the current context; empty when there is none."""
    return next((str(d.content["current-context"]) for d in documents if d.content.get("current-context")), "")


def resolve(documents: tuple[Document, ...], context: str, where: str) -> Context:
    """Return the context of that name, or the current one for an empty name; CredentialsError says what is missing."""
    name = context or current(documents)
    if not name:
        raise CredentialsError(
            where, "has no current context", f"Name one of: {', '.join(contexts(documents)) or 'none'}."
        )
    entry, _ = _find(documents, "contexts", name, where)
    inner = _mapping(entry.get("context"))
    cluster, cluster_directory = _find(documents, "clusters", str(inner.get("cluster") or ""), where)
    user_name = str(inner.get("user") or "")
    user, user_directory = _find(documents, "users", user_name, where) if user_name else ({}, Path())
    resolved = Context(
        f"{where} context {name}",
        _given(cluster.get("cluster")),
        _given(user.get("user")),
        str(inner.get("namespace") or ""),
        cluster_directory,
        user_directory,
    )
    refuse_unsupported(resolved)
    return resolved


def refuse_unsupported(context: Context) -> None:
    """Raise CredentialsError for a field that cannot be honoured and must not be ignored."""
    for name in (*context.cluster, *context.user):
        if name in UNSUPPORTED:
            raise CredentialsError(context.where, f"{name}: {UNSUPPORTED[name]}", "Use a context without it.")


def refuse_untrusted(context: Context) -> None:
    """Raise CredentialsError for a field that a kubeconfig out of a Secret may not have."""
    strange = [name for name in context.cluster if name not in UNTRUSTED_CLUSTER_FIELDS]
    strange += [name for name in context.user if name not in UNTRUSTED_USER_FIELDS]
    if strange:
        allowed = ", ".join(sorted(UNTRUSTED_CLUSTER_FIELDS | UNTRUSTED_USER_FIELDS))
        raise CredentialsError(
            context.where, f"{', '.join(strange)}: not allowed in a Secret", f"Only these are taken: {allowed}."
        )


def decode(text: object, where: str) -> bytes:
    """Return the bytes of a base64 text; CredentialsError when it is none."""
    try:
        return base64.b64decode("".join(text.split()) if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise CredentialsError(where, "is not base64") from None


def _read_one(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise CredentialsError(str(path), f"cannot be read: {error.strerror}", "Check path and rights.") from error
    return parse(text, str(path), directory=path.resolve().parent)


def _find(documents: Iterable[Document], plural: str, name: str, where: str) -> tuple[Fields, Path]:
    """Return the first entry of that name: of several files the first one wins."""
    known: list[str] = []
    for document in documents:
        for entry in _entries(document, plural):
            if entry.get("name") == name:
                return entry, document.directory
            known.append(str(entry.get("name")))
    singular = plural.removesuffix("s")
    raise CredentialsError(where, f"no {singular} named {name!r}", f"It has: {', '.join(known) or 'none'}.")


def _entries(document: Document, plural: str) -> list[Fields]:
    value = document.content.get(plural)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _given(value: object) -> Fields:
    """Return the fields that say something: an empty one, or one that is switched off, is as good as absent."""
    return {str(name): given for name, given in _mapping(value).items() if given not in (None, "", False, [], {})}


def _mapping(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def _position(error: Exception) -> str:
    """Say where, and never what stands there."""
    mark = getattr(error, "problem_mark", None)
    problem = str(error) if type(error) is yaml.YAMLError else "malformed"
    return f"line {mark.line + 1}, column {mark.column + 1}: malformed" if mark else problem
