"""Whatever text a tenant or a member sends, looking at it costs linear time (S24)."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from fakes.cases import child, parent, wish
from multicasskop.crds.cassandracluster.validate import validate_child
from multicasskop.crds.multicasskop import MultiCasskopSpec
from multicasskop.crds.quantity import DurationError, QuantityError, canonical_quantity, parse_duration
from multicasskop.informers.decoding import LAST_APPLIED, trimmed
from multicasskop.informers.errors import one_line
from multicasskop.informers.record import Metadata
from multicasskop.informers.redactor import Redactor
from multicasskop.informers.secret_text import without_secret_text
from multicasskop.informers.versions import compare
from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.operator.redaction import scrub
from multicasskop.reconcilers.multicasskop.facts import MemberFacts
from multicasskop.reconcilers.multicasskop.seeds import plan_seeds
from multicasskop.reconcilers.trace_context import TraceContext
from pydantic import ValidationError

LENGTH = 100_000
TEXTS = {
    "one letter": "a" * LENGTH,
    "one digit": "1" * LENGTH,
    "dashes": "a" + "-" * LENGTH,
    "labels": "a-" * (LENGTH // 2),
    "pods": "a-1" * (LENGTH // 3) + "!",
    "dots": "a." * (LENGTH // 2),
    "spaces": " " * LENGTH + "!",
    "escapes": "\\" * LENGTH,
    "quotes": '"' * LENGTH,
    "addresses": "https://a:" * (LENGTH // 10),
    "tokens": "Bearer " * (LENGTH // 7),
    "headers": "authorization :" * (LENGTH // 15),
    "keys": "-----BEGIN KEY-----" * (LENGTH // 19),
    "jwt": "eyJ" + "a" * LENGTH,
    "heads of jwt": "eyJ" * (LENGTH // 3),
    "colons": "://" + ":" * LENGTH,
    "no users": "-u a" * (LENGTH // 4) + "-u " * (LENGTH // 3),
    "no passwords": "password" * (LENGTH // 8),
    "open quotes": "password='" * (LENGTH // 10) + '--password \\"' * (LENGTH // 13),
    "flags": "--pass-" * (LENGTH // 7),
}


def child_of(**spec: Any) -> dict[str, Any]:  # noqa: ANN401  any field
    """A whole CassandraCluster."""
    return {"kind": "CassandraCluster", "metadata": {"name": "demo"}, "spec": {"topology": {"dc": []}} | spec}


def seeds(text: str) -> None:
    """Look at a child that has such seeds."""
    found = parent()
    member = MemberFacts("c1", child=child(found, "c1", seeds=(text, f"{text}.x"), status={"seedlist": [text]}))
    plan_seeds(wish(found), {"c1": member, "c2": MemberFacts("c2")})


def trim(text: str) -> None:
    """Take kubectl's annotation out of an object."""
    raw = b'{"metadata":{"annotations":{"' + LAST_APPLIED.encode() + b'":"' + text.encode().replace(b'"', b"") + b'"}}}'
    # what is no JSON any more is for the decoder to say
    with contextlib.suppress(ValueError):
        trimmed(raw, Metadata(name="a", annotations={LAST_APPLIED: text}))


LOOKS: dict[str, Callable[[str], object]] = {
    "child's name": lambda text: validate_child(child_of() | {"metadata": {"name": text, "namespace": text}}),
    "labels": lambda text: validate_child(child_of() | {"metadata": {"name": "a", "labels": {text: text}}}),
    "image": lambda text: validate_child(child_of(cassandraImage=text)),
    "datacenter": lambda text: validate_child(child_of(topology={"dc": [{"name": text, "rack": [{"name": text}]}]})),
    "quantity": lambda text: validate_child(child_of(resources={"requests": {"cpu": text}})),
    "seed given": lambda text: validate_child(child_of() | {"status": {"seedlist": [text]}}),
    "unknown field": lambda text: validate_child(child_of(**{text: text})),
    "a quantity": canonical_quantity,
    "a duration": parse_duration,
    "the spec": lambda text: MultiCasskopSpec.model_validate(
        {"rollout": {"order": [text], "soak": text}, "seeds": {"domain": {text: text}}, "restart": text}
    ),
    "a child's seeds": seeds,
    "a version": lambda text: compare(text, text + "1"),
    "a trace": TraceContext.parse,
    "a refusal": lambda text: Redactor("t" * 30, b"{}").apply({"message": text}),
    "one line": one_line,
    "a log": scrub,
    "a secret in a text": lambda text: without_secret_text(text, "(hidden)"),
    "a plan": without_secrets,
    "kubectl's annotation": trim,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_24_linear(look: Callable[[str], object], text: str) -> None:
    """S24: a hundred thousand characters made for bad regular expressions cost next to nothing."""
    began = time.process_time()
    with contextlib.suppress(QuantityError, DurationError, ValidationError):
        look(text)
    assert time.process_time() - began < 1, "a guard against anything but linear time, which would be minutes"
