"""Verdicts kept as long as they hold: merging and checking is done once per generation, not once per look."""

import threading
from collections.abc import Sequence
from typing import Final

from cachetools import LRUCache
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.validate import Verdict, judge

# A child that is wanted is a tree of dictionaries, several times as large as its JSON. So children are counted, not
# objects: eighty rings of three members are kept as a whole, rings of fifty members as long as they are worked on.
CHILDREN_KEPT: Final = 256

_Seen = tuple[str, int, tuple[str, ...]]


class Verdicts:
    """The verdict on each MultiCasskop, for its UID, its generation and the members known. Thread-safe."""

    def __init__(self, *, allow_cross_namespace: bool = False, closed_namespace: str = "") -> None:
        """Keep as many of the last ones as ask for some hundred children."""
        self._allow_cross_namespace, self._closed = allow_cross_namespace, closed_namespace
        self._lock = threading.Lock()
        self._known: LRUCache[Key, tuple[_Seen, Verdict]] = LRUCache(CHILDREN_KEPT, _weight)

    def of(self, parent: Parent, registered: Sequence[str]) -> Verdict:
        """The verdict on a MultiCasskop; what it holds is shared, and never changed."""
        key, seen = parent.meta.key, (parent.meta.uid, parent.meta.generation, tuple(registered))
        with self._lock:
            found = self._known.get(key)
        if found is not None and found[0] == seen:
            return found[1]
        allow = self._allow_cross_namespace
        verdict = judge(key, parent.spec, registered, allow_cross_namespace=allow, closed_namespace=self._closed)
        with self._lock:
            self._known[key] = seen, verdict
        return verdict

    def forget(self, key: Key) -> None:
        """Forget one that is gone."""
        with self._lock:
            self._known.pop(key, None)


def _weight(kept: tuple[_Seen, Verdict]) -> int:
    wish = kept[1].wish
    return 1 + (len(wish.children) if wish is not None else 0)
