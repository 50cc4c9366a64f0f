"""Options of the JVM, from the words of the configuration builder to lines of Cassandra's option files. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

OLD, SERVER = "jvm-options", "jvm-server-options"
# the section, and the file that Cassandra's start script reads
FILES: Final = {OLD: "jvm.options", SERVER: "jvm-server.options"}
REMOTE: Final = "remote-no-auth"
JMX: Final = "jmx-connection-type"
MORE: Final = "additional-jvm-opts"
_SIZES: Final = {"initial_heap_size": "-Xms", "max_heap_size": "-Xmx", "heap_size_young_generation": "-Xmn"}
# what is not an option of the JVM itself, but read elsewhere
_ELSEWHERE: Final = frozenset({JMX})


def lines(section: Mapping[str, Any]) -> list[str]:
    """The lines for a section, in a steady order; what is given verbatim comes last and so wins."""
    known = sorted(filter(None, (_line(key, value) for key, value in section.items() if value is not None)))
    return [*known, *map(str, section.get(MORE) or ())]


def unknown(section: Mapping[str, Any]) -> list[str]:
    """Keys that no line is made from: they must not go unnoticed."""
    return sorted(key for key in section if key not in _ELSEWHERE and key != MORE and not _line(key, 0))


def replaced(text: str, added: Iterable[str]) -> str:
    """The text of an option file with lines added, without those of its own that set the same."""
    new = list(added)
    taken = {_name(line) for line in new}
    kept = [line for line in text.splitlines() if _name(line) not in taken]
    return "".join(f"{line}\n" for line in (*kept, *new))


def joined(section: Iterable[str]) -> Iterator[str]:
    """Lines for cassandra-env.sh that add options."""
    return (f'JVM_OPTS="$JVM_OPTS {option}"' for option in section)


def _line(key: str, value: object) -> str:
    if key in _SIZES:
        return f"{_SIZES[key]}{value}"
    if key.startswith("cassandra_"):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f"-Dcassandra.{key.removeprefix('cassandra_')}={text}"
    return ""


def _name(line: str) -> str:
    """What a line sets; a comment or an empty line only itself."""
    size = re.match(r"-X(ms|mx|mn|ss)", line)
    return size[0] if size else re.sub(r"^-XX:[+-]", "-XX:", line).partition("=")[0]
