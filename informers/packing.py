"""Objects at rest, packed: those of one kind say nearly the same, so each is packed by what it shares with one of them.

LZ4 with a dictionary: no slower than without, and of objects that an operator writes much less is left.
"""

from typing import NamedTuple

import lz4.block

PACKED_FROM = 2048
"""Bytes; what is smaller gains little by being packed."""
BASIS_BYTES = 64 * 1024
"""As far back as LZ4 looks: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md"""
SHRINKS = 4
"""What is left of a packed object should be less than this part of it."""
PATIENCE = 100
"""So many objects may shrink less before another basis is taken: each is kept for as long as one object needs it."""


class Packed(NamedTuple):
    """An object's bytes as they are kept; without a basis as they are."""

    body: bytes
    basis: bytes | None = None

    def raw(self) -> bytes:
        """Return the object's bytes."""
        return self.body if self.basis is None else bytes(lz4.block.decompress(self.body, dict=self.basis))


class Packer:
    """Packs the objects of one kind, one after the other; what it has packed does not need it any more.

    The first large one is the basis of those that follow, until they have changed so much that another one does better.
    """

    def __init__(self) -> None:
        self._basis, self._unlike = b"", 0

    def pack(self, raw: bytes) -> Packed:
        """Return the object packed, if it is large."""
        if len(raw) < PACKED_FROM:
            return Packed(raw)
        found = Packed(bytes(lz4.block.compress(raw, dict=self._basis)), self._basis)
        if len(found.body) * SHRINKS > len(raw):
            self._doubt(raw)
        return found

    def _doubt(self, raw: bytes) -> None:
        self._unlike += 1
        if not self._basis or self._unlike > PATIENCE:
            self._basis, self._unlike = raw[-BASIS_BYTES:], 0
