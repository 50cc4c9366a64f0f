"""Objects packed by what they share."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.packing import BASIS_BYTES, PACKED_FROM, PATIENCE, Packed, Packer

LIKE = st.builds(lambda number: ring(f"ring-{number}"), st.integers(0, 999))
UNLIKE = st.integers(0, 2**32).map(lambda seed: Random(seed).randbytes(PACKED_FROM + seed % 3000))
SMALL = st.binary(max_size=64)
TEXT = st.just(b"a long text that stands there again and again. " * 4000)


SAME = {f"field{number}": Random(number).randbytes(20).hex() for number in range(60)}


def ring(name: str) -> bytes:
    """An object as an operator writes them: hardly anything in it is its own but the name."""
    return json.dumps(
        {"metadata": {"name": name}, "spec": SAME, "status": {"seeds": [f"{name}-0", f"{name}-1"]}}
    ).encode()


@given(objects=st.lists(LIKE | UNLIKE | SMALL | TEXT, max_size=8), patience=st.integers(0, 3))
def test_what_is_packed_can_be_read(objects: list[bytes], patience: int) -> None:
    """Whatever is packed after what, all of it can be read at the end, to the byte; what is small is kept as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("multicasskop.informers.packing.PATIENCE", patience)
        packer = Packer()
        packed = [packer.pack(raw) for raw in objects]
    assert [each.raw() for each in packed] == objects
    assert [each.basis is None for each in packed] == [len(raw) < PACKED_FROM for raw in objects]


def test_objects_of_one_kind_shrink_together() -> None:
    """Of objects that differ by their names little is left, and they share one basis."""
    packer = Packer()
    first, *others = (packer.pack(ring(f"ring-{number}")) for number in range(100))
    assert first.basis == b""
    assert {each.basis for each in others} == {ring("ring-0")}
    assert max(len(each.body) for each in others) * 20 < len(first.body)


def test_another_basis_in_time() -> None:
    """When all objects have become different ones, one of the new ones becomes the basis; the old can be read still."""
    packer = Packer()
    old = [packer.pack(ring("old")) for _ in range(3)]
    noise = Random(7).randbytes(3000)
    late = [packer.pack(noise) for _ in range(PATIENCE + 3)]
    assert (len(late[0].body) > len(noise), len(late[-1].body) < 100) == (True, True)
    assert old[-1].raw() == ring("old")
    assert late[-1].raw() == noise


def test_few_bases_are_kept() -> None:
    """Where no object is like another one, a hundred share a basis, of which no more is kept than LZ4 can use."""
    packer, random = Packer(), Random(1)
    packed = [packer.pack(random.randbytes(BASIS_BYTES + 1000)) for _ in range(3 * PATIENCE)]
    bases = {each.basis for each in packed} - {b""}
    assert len(bases) == 3
    assert {len(basis) for basis in bases if basis is not None} == {BASIS_BYTES}


def test_unpacked() -> None:
    """What was never packed is what it is."""
    assert Packed(b"{}").raw() == b"{}"
