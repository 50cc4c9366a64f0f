"""What the API servers themselves say of a plan: its requests, sent with dryRun=All and the user's own rights.

They go all the way through a server's admission and validation, and are stored nowhere.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.names import FIELD_MANAGER
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError, InformerError, is_forbidden, one_line
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource
from multicasskop.operator.home import Home
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.planning.planner import Planned
from multicasskop.operator.planning.reading import Reached
from multicasskop.operator.planning.requests import Request, requests_of
from multicasskop.reconcilers.multicasskop.effects import Change, changes
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.failures import Attempt, explain
from multicasskop.reconcilers.multicasskop.plan import ChildChange
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS
from multicasskop.reconcilers.patch import merged

_SHOWN: Final = 300
NO_CHILD_YET: Final = "its child is not there yet"


class Said(StrEnum):
    """What came of one request."""

    TAKEN = "taken"
    REFUSED = "refused"
    SILENT = "no answer"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Answer:
    """One server's answer to one request; `sets` is what it would store otherwise than it was sent."""

    member: str
    verb: str
    what: str
    said: Said
    message: str = ""
    sets: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Turn:
    """All that one member is sent, in order, and the child as it was read there."""

    member: str
    sent: tuple[tuple[ChildChange, Request], ...]
    child: Json


def rehearse(home: Home, made: Planned) -> tuple[Answer, ...]:
    """Send the requests of a plan to all servers that can be asked, the MultiCasskop itself to home before all others.

    Each member gets its own in their order, and no member waits for another one. Nothing is raised: who could not be
    asked is an answer as well.
    """
    members = Reached(home, {made.home: home.cluster})
    turns = tuple(_turns(made))

    def take(turn: _Turn) -> tuple[Answer, ...]:
        """All answers of one member, in order."""
        return tuple(_taken(members, made, turn))

    try:
        first = _of_parent(home, made)
        with ThreadPoolExecutor(max(1, len(turns)), thread_name_prefix="rehearsal") as pool:
            return (*first, *chain.from_iterable(pool.map(take, turns)))
    finally:
        members.close()


def _turns(made: Planned) -> Iterator[_Turn]:
    for member in dict.fromkeys(step.member for step in made.plan.steps):
        writes = [write for step in made.plan.steps if step.member == member for write in step.writes]
        whole = made.sight.looks[member].whole if member in made.sight.looks else False
        sent = ((write, request) for write in writes for request in requests_of(write, whole=whole, secrets=True))
        yield _Turn(member, tuple(sent), made.known.originals.children.get(member, {}))


def _taken(members: Reached, made: Planned, turn: _Turn) -> Iterator[Answer]:
    try:
        client = _client(members, made, turn.member)
    except CredentialsError as error:
        yield Answer(turn.member, "", "", Said.SILENT, one_line(f"{error.where}: {error.problem}", _SHOWN))
        return
    created = False
    for write, request in turn.sent:
        about = (turn.member, request["verb"], _what(CASSANDRACLUSTERS, write.key, request["subresource"]))
        if created:
            yield Answer(*about, Said.NOT_TRIED, NO_CHILD_YET)
        else:
            yield _answer(about, client, write.key, request, turn.child, members.home.deadline)
        created = created or request["verb"] == "create"


def _client(members: Reached, made: Planned, member: str) -> Client:
    context = made.asked.context_of(member)
    if member not in members.clusters:
        if context is None:
            raise CredentialsError(member, "not asked: no context of yours is called so, and no --map names one")
        members.use(member, context)
    return members.clusters[member].client.rehearsing()


def _answer(
    about: tuple[str, str, str], client: Client, key: Key, request: Request, child: Json, deadline: Deadline
) -> Answer:
    member, verb, _ = about
    try:
        answered = _send(client, key, request, deadline)
    except InformerError as error:
        attempt = Attempt(member, verb, CASSANDRACLUSTERS, key, request["subresource"])
        return Answer(*about, *_refusal(error, attempt))
    return Answer(*about, Said.TAKEN, sets=_otherwise(_expected(request, child), answered))


def _send(client: Client, key: Key, request: Request, deadline: Deadline) -> Json:
    body, place = request["body"], (CASSANDRACLUSTERS, key.namespace, key.name)
    about: dict[str, Any] = {"field_manager": FIELD_MANAGER, "deadline": deadline}
    match request["verb"], body:
        case "create", _:
            return client.create(CASSANDRACLUSTERS, key.namespace, body, version=request["version"], **about)
        case "patch", list():
            return client.json_patch(*place, body, subresource=request["subresource"], **about)
        case "patch", _:
            return client.merge_patch(*place, body, subresource=request["subresource"], **about)
        case _:
            known = body["preconditions"]
            version = known.get("resourceVersion", "")
            return client.delete(*place, uid=known.get("uid", ""), version=version, deadline=deadline)


def _expected(request: Request, child: Json) -> Json | None:
    """The object as it would be if the server stored what it was sent and nothing else."""
    body = request["body"]
    match request["verb"]:
        case "create":
            found: Json = body
            return found
        case "patch" if isinstance(body, dict) and child:
            patched: Json = merged(child, body)
            return patched
        case _:
            return None


def _otherwise(expected: Json | None, answered: Json) -> tuple[Change, ...]:
    """What the server sets, drops or spells otherwise; spellings of one quantity are the same."""
    return () if expected is None else changes(Child.of(expected), Child.of(answered))


def _refusal(error: InformerError, attempt: Attempt) -> tuple[Said, str]:
    """Whether the server said no, or could not be heard; and in words."""
    if is_forbidden(error):
        return Said.REFUSED, f"{Code.FORBIDDEN} you may not {attempt.verb} {attempt.what} in {attempt.key.namespace}"
    trouble = explain(error, attempt)
    answered = trouble.refused or getattr(error, "status", 0) in range(400, 500)
    return (Said.REFUSED if answered else Said.SILENT), trouble.message


def _what(resource: Resource, key: Key, subresource: str = "") -> str:
    return f"{resource.plural}{'/' + subresource if subresource else ''} {key}"


# the MultiCasskop itself


def _of_parent(home: Home, made: Planned) -> Sequence[Answer]:
    """Home's answer to the object that is to be applied; none where it is the one that is stored."""
    stored, wanted, key = made.sight.stored, made.sight.wanted, made.parent.meta.key
    if stored is wanted:
        return ()
    verb = "create" if stored is None else "patch"
    about = (made.home or "home", verb, _what(MULTICASSKOPS, key))
    client, deadline = home.cluster.client.rehearsing(), home.deadline
    try:
        if stored is None:
            answered = client.create(MULTICASSKOPS, key.namespace, wanted, deadline=deadline)
        else:
            change = [{"op": "add", "path": "/spec", "value": wanted["spec"]}]
            answered = client.json_patch(MULTICASSKOPS, key.namespace, key.name, change, deadline=deadline)
    except InformerError as error:
        return (Answer(*about, *_refusal(error, Attempt(about[0], verb, MULTICASSKOPS, key))),)
    sent = {"metadata": answered.get("metadata"), "spec": wanted["spec"]}
    return (Answer(*about, Said.TAKEN, sets=_otherwise(sent, answered)),)
