"""What in a text looks like a secret: the one rule for logs, for what servers answer, and for plans.

Whoever writes these texts may mean harm: each pattern passes over a text once, whatever stands in it.
"""

import re
from collections.abc import Callable
from typing import Final

_FLAGS: Final = re.IGNORECASE | re.DOTALL
_WORD: Final = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|(?<!initial_)token|(?:access|account|api|private|secret)[-_.]?key)"
)
# where a colon or a blank is enough to tell; a token and a secret are words of every sentence
_SURE: Final = r"(?:(?<=passw..d)|(?<=passwd)|(?<=passphrase))"
# in quotes (which may be escaped) to the closing one; else to white space, or to the next parameter of an address
_VALUE: Final = (
    r"(\\?[\"'])?"
    r"(?(2)(?:(?!\2)(?:[^\\]|\\.))++"
    r"|(?![\"'])(?:[^\s\"'&]|[\"'](?![\s,;:)\]}]|$)|&(?![\w.-]{1,64}+=))++)"
)
# the rest of an address behind its first colon, as far as the next address
_BEHIND: Final = r"[^\s\":]*+(?::(?!//)[^\s\":]*+)*+"

# what is kept in front of a secret is the first group, what is replaced follows it
_BEHIND_A_NAME: Final = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        # keyStorePassword=x, "token": "x", password: x; in CQL PASSWORD 'x'
        rf"({_WORD}(?:\\?[\"']?[ \t]{{0,4}}=|\\?[\"'][ \t]{{0,4}}:|{_SURE}:)[ \t]{{0,4}}"
        rf"|{_WORD}{_SURE}[ \t]{{1,4}}(?='))" + _VALUE,
        # --password x; what begins with a dash is the next flag
        rf"((?<![\w-])--(?=[\w-]{{0,64}}?{_WORD}\s)[\w-]++\s{{1,8}}(?!-))" + _VALUE,
        # cqlsh -u cassandra -p x, nodetool -pw x
        r"((?<![\w-])-u\s{1,8}[^\s]{1,256}+\s{1,8}-pw?\s{1,8}|(?<![\w-])-pw\s{1,8})" + _VALUE,
        r"(authorization\s{0,8}:\s{0,8}(?:(?:basic|bearer)\s{1,8})?)" + _VALUE,
    )
)
# curl -u name:x; two numbers are a user and a group
_USER: Final = re.compile(
    r"((?<![\w-])(?:-u\s{0,8}|--(?:proxy-)?user(?:\s{1,8}|=)))(?![\"']?\d++:\d++(?![^\s\"']))"
    r"([\"'])?(?(2)(?:(?!\2)[^:\s]){1,256}+:(?:(?!\2).)++|[^\s\"':]{1,256}+:[^\s]++)",
    _FLAGS,
)
# name:x@ in an address, where x is no port
_IN_ADDRESS: Final = re.compile(rf"(?<=://)[^/\s:@\"]*+:(?!//|\d{{1,5}}+(?:[/?#\s\"]|$)){_BEHIND}", _FLAGS)
_JWT: Final = re.compile(r"eyJ[\w-]{8,}+(?:\.[\w-]++(?:\.[\w-]*+)?+)?+", _FLAGS)
_WHOLE: Final = re.compile(
    r"bearer\s++[\w.~+/=-]++|-----BEGIN[ A-Z]++-----.*?(?:-----END[ A-Z]++-----|$)",
    _FLAGS,
)


def without_secret_text(text: str, mark: str) -> str:
    """The text with a mark in place of tokens, keys, and passwords: by their form, or by what stands before them."""
    text = _WHOLE.sub(mark, text)
    text = _JWT.sub(lambda found: mark if "." in found[0] else found[0], text)
    text = _IN_ADDRESS.sub(lambda found: _behind_the_last_at(found[0], mark), text)
    behind = _kept_before(mark)
    for pattern in (_USER, *_BEHIND_A_NAME):
        text = pattern.sub(behind, text)
    return text


def _behind_the_last_at(rest: str, mark: str) -> str:
    """The rest of an address: a password may hold an @ itself, a host may not."""
    _, at, host = rest.rpartition("@")
    return f"{mark}@{host}" if at else rest


def _kept_before(mark: str) -> Callable[[re.Match[str]], str]:
    def replaced(found: re.Match[str]) -> str:
        """What names a secret, the quote that opens it, and the mark."""
        return f"{found[1]}{found[2] or ''}{mark}"

    return replaced
