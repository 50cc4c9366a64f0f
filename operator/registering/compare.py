"""What is to be done about each object of a registration, told from what is there: pure, and never more than needed.

What somebody else made under the same name is used where it serves (an account; a Role or a Secret, brought up to
date), is not marked as ours, and so is not deleted by `unregister`. What belongs to another registration is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from multicasskop.crds.names import REGISTRATION
from multicasskop.operator.registering.manifests import Json, Wanted
from multicasskop.operator.registering.rights import rights_of

SECRET_KEYS: Final = frozenset({"ca.crt", "token", "server", "namespace"})
# any other type is for something that Kubernetes, or a controller of its own, makes of the Secret
SECRET_TYPES: Final = frozenset({"", "Opaque"})
OTHER_MEMBER: Final = "choose another --as, or delete that Secret if nothing needs it"
OTHER_ACCOUNT: Final = "give the account another name with --account"


class Action(Enum):
    """What is done about one object."""

    CREATE = "create"
    CHANGE = "change"
    NOTHING = "nothing"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Change:
    """One object as it is to be, what that takes, and in which words: details of a change, or why it is refused.

    `live` is what was there when this was decided; a patch is for that very version.
    """

    wanted: Wanted = field(repr=False)
    action: Action
    patch: Json = field(default_factory=dict, repr=False)
    details: tuple[str, ...] = ()
    hint: str = ""
    live: Json | None = field(default=None, repr=False)


def compare(wanted: Wanted, live: Json | None) -> Change:
    """Decide about one object."""
    if live is None:
        return Change(wanted, Action.CREATE)
    return replace(judged(wanted, live), live=live)


def judged(wanted: Wanted, live: Json) -> Change:
    """Decide about an object that is there."""
    if live["metadata"].get("deletionTimestamp"):
        return refusal(wanted, "is being deleted", "wait until it is gone, then say it again")
    mark, ours = registration_of(live), registration_of(wanted.body)
    if mark and not is_same(mark, ours):
        hint = "choose another --as" if wanted.resource.kind == "Secret" else OTHER_ACCOUNT
        return refusal(wanted, f"belongs to the registration {mark}", hint)
    match wanted.resource.kind:
        case "Secret":
            return compare_secret(wanted, live)
        case "Role" | "ClusterRole":
            return compare_role(wanted, live)
        case "RoleBinding" | "ClusterRoleBinding":
            return compare_binding(wanted, live)
        case _:
            return Change(wanted, Action.NOTHING)


def registration_of(obj: Mapping[str, Any]) -> str:
    """The mark of the registration for which an object was made; empty for one that somebody else made."""
    return str((obj["metadata"].get("annotations") or {}).get(REGISTRATION) or "")


def is_same(one: str, other: str) -> bool:
    """Whether two marks are of the same registration; an id of home that could not be read fits any."""
    (home, _, rest), (other_home, _, other_rest) = one.partition("/"), other.partition("/")
    return bool(rest) and rest == other_rest and (home == other_home or not home or not other_home)


def compare_secret(wanted: Wanted, live: Json) -> Change:
    """The Secret: its marks and its content; details name keys, and never what they hold."""
    kind, data = live.get("type") or "", live.get("data") or {}
    if kind not in SECRET_TYPES:
        return refusal(wanted, f"has the type {kind}, so it is no member's", OTHER_MEMBER)
    strange = sorted(set(data) - SECRET_KEYS)
    if strange:
        return refusal(wanted, f"has a key {strange[0]}, so it is no member's", "choose another --as")
    asked = wanted.body.get("data", {})
    keys = {key: value for key, value in asked.items() if data.get(key) != value}
    # what somebody else made is used without being called ours
    kept = () if registration_of(live) else (REGISTRATION,)
    marks = missing_marks(wanted.body["metadata"], live["metadata"], kept)
    patch: Json = ({"data": keys} if keys else {}) | ({"metadata": marks} if marks else {})
    words = [f"~ {key}" for key in keys] + [f"~ {kind} {key}" for kind, pairs in marks.items() for key in pairs]
    return changed(wanted, patch, words)


def compare_role(wanted: Wanted, live: Json) -> Change:
    """A Role: the same rights, however its rules are put together."""
    asked, there = set(rights_of(wanted.body["rules"])), set(rights_of(live.get("rules") or ()))
    words = [*(f"+ {right}" for right in sorted(asked - there)), *(f"- {right}" for right in sorted(there - asked))]
    return changed(wanted, {"rules": wanted.body["rules"]} if words else {}, words)


def compare_binding(wanted: Wanted, live: Json) -> Change:
    """A RoleBinding: what it binds cannot be changed, and to whom others bound it is theirs to say."""
    if live["roleRef"] != wanted.body["roleRef"]:
        role = live["roleRef"].get("name")
        return refusal(wanted, f"binds {live['roleRef'].get('kind')} {role}", OTHER_ACCOUNT)
    (subject,), there = wanted.body["subjects"], [dict(each) for each in live.get("subjects") or ()]
    if subject in there:
        return Change(wanted, Action.NOTHING)
    others = [] if registration_of(live) else there
    name = f"{subject['kind']} {subject['namespace']}/{subject['name']}"
    return changed(wanted, {"subjects": [*others, subject]}, [f"+ {name}"])


def missing_marks(asked: Json, live: Json, kept: Collection[str] = ()) -> Json:
    """Labels and annotations that are not what they are to be, but for those that are kept as they are."""
    found = {}
    for kind in ("labels", "annotations"):
        there, wanted = live.get(kind) or {}, asked.get(kind) or {}
        found[kind] = {key: value for key, value in wanted.items() if key not in kept and there.get(key) != value}
    return {kind: pairs for kind, pairs in found.items() if pairs}


def changed(wanted: Wanted, patch: Json, details: Iterable[str]) -> Change:
    """A change, or nothing when there is nothing to patch."""
    return Change(wanted, Action.CHANGE, patch, tuple(details)) if patch else Change(wanted, Action.NOTHING)


def refusal(wanted: Wanted, what: str, hint: str) -> Change:
    """Why an object is left alone, and with it the whole registration."""
    return Change(wanted, Action.REFUSE, details=(what,), hint=hint)
