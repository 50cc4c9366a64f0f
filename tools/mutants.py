"""Prove that the unit tests bite: break one promise at a time in a copy of the tree, and see a test turn red.

`python tools/mutants.py` tries all of them, `python tools/mutants.py mark gate` those whose names hold such a word.
Each mutant is one edit that would be a plausible mistake; the tests that must notice are named with it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MCK = "reconcilers/multicasskop/"
UNIT = "unit/reconcilers/multicasskop/"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what stands in a file, what would stand there, and who must notice."""

    name: str
    file: str
    right: str
    wrong: str
    tests: str


MUTANTS = (
    Mutant(
        "finalizer removed before the children are gone",
        MCK + "deletion.py",
        "    if not all(isinstance(fate, Gone | Left | Abandoned) for _, fate in fates):\n"
        "        return Farewell(fates, deletes)\n",
        "",
        UNIT + "test_deletion.py",
    ),
    Mutant(
        "absence in a stale view taken for gone",
        MCK + "deletion.py",
        "    if not member.fresh or member.lagging:\n",
        "    if member.lagging:\n",
        UNIT + "test_deletion.py",
    ),
    Mutant(
        "precondition on the UID left out of a delete",
        MCK + "children.py",
        "key.namespace, key.name, uid=write.uid, version=write.version, deadline=deadline",
        "key.namespace, key.name, deadline=deadline",
        UNIT + "test_deletion_story.py unit/laws/test_rollout_laws.py",
    ),
    Mutant(
        "precondition on the UID left out of the seeds",
        MCK + "children.py",
        "write.seeds, deadline, write.uid)",
        "write.seeds, deadline)",
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "preconditions left out of a patch",
        MCK + "writes.py",
        "return with_preconditions(write.patch, write.uid, write.version)",
        "return write.patch",
        UNIT + "test_changes.py " + UNIT + "test_act.py",
    ),
    Mutant(
        "gate on phase alone",
        MCK + "gate.py",
        "    if not child.caught_up:\n",
        "    if False:\n",
        UNIT + "test_gate.py",
    ),
    Mutant(
        "gate on an old action",
        MCK + "facts.py",
        "return self.phase == RUNNING and self.action_status == DONE",
        "return self.phase == RUNNING",
        UNIT + "test_gate.py",
    ),
    Mutant(
        "namespace taken from base",
        MCK + "desire.py",
        'namespace = metadata.get("namespace") if allow_cross_namespace else None',
        'namespace = metadata.get("namespace")',
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "claims across namespaces",
        MCK + "claims.py",
        "namespace = own.namespace or base.namespace if allow_cross_namespace else None",
        "namespace = own.namespace or base.namespace",
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "mark judged by its UID alone",
        MCK + "ownership.py",
        "return (mark.uid, mark.key) == (parent.uid, parent.key)",
        "return mark.uid == parent.uid",
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "mark of another namespace believed",
        MCK + "observe.py",
        "at_home = self.scope.cross_namespace or record.key.namespace == parent.key.namespace",
        "at_home = True",
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "living mark taken for stale",
        MCK + "ownership.py",
        "gone = home_fresh and mark.uid not in living",
        "gone = True",
        UNIT + "test_ownership.py",
    ),
    Mutant(
        "member in change passed once it is unregistered",
        MCK + "rollout.py",
        "(*in_motion(states), *self._unseen())",
        "in_motion(states)",
        UNIT + "test_members_story.py",
    ),
    Mutant(
        "late seeds of the first member halt",
        MCK + "children.py",
        "if late and write.joins:",
        "if late:",
        UNIT + "test_creation.py",
    ),
    Mutant(
        "homes without an id taken for one",
        MCK + "ownership.py",
        "if gone and home_id and mark.home == home_id:",
        "if gone and mark.home == home_id:",
        UNIT + "test_ownership.py",
    ),
    Mutant(
        "member measured when it has gone",
        "operator/members/told.py",
        "if not self._over:",
        "if self._cluster:",
        "unit/operator/members/test_told.py",
    ),
    Mutant(
        "queue of a standby filled",
        "operator/intake.py",
        "if self._is_open:",
        "if self._queue:",
        "unit/operator/test_intake.py",
    ),
    Mutant(
        "refused credentials taken for an answer",
        "informers/recognition.py",
        "_NOES = frozenset({403, 404})",
        "_NOES = frozenset({401, 403, 404})",
        "unit/informers/test_recognition.py",
    ),
    Mutant(
        "head of an answer may drip",
        "informers/chunks.py",
        "        self._before_read()\n",
        "",
        "unit/informers/test_call_time.py",
    ),
    Mutant(
        "forged status believed",
        MCK + "observe.py",
        "        if said is None:\n            return parent\n",
        "        return parent\n",
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "reserved labels handed on",
        MCK + "desire.py",
        "if text is not None and not is_reserved(name)}",
        "if text is not None}",
        UNIT + "test_hostile.py",
    ),
    Mutant(
        "poison dropped silently",
        "informers/decoding.py",
        "            return self._event(cut(line), deep=True)\n",
        '            return Skipped("too deep")\n',
        "unit/informers/test_poison.py",
    ),
    Mutant(
        "poison not told from others",
        "informers/decoding.py",
        "deep=deep and is_deep(bytes(raw))",
        "deep=False",
        "unit/informers/test_poison.py",
    ),
    Mutant(
        "endless list believed",
        "informers/listing.py",
        "        self._extent.grow(state, page)\n        return page",
        "        return page",
        "unit/informers/test_listing.py",
    ),
    Mutant(
        "404 in plain text taken for an absent object",
        "informers/errors.py",
        "    return _status(error) == 404 and not is_kind_not_served(error) and not is_namespace_missing(error)",
        "    return _status(error) == 404",
        "unit/informers/test_errors.py",
    ),
    Mutant(
        "another object's answer believed",
        "informers/client.py",
        'if answer.get("kind") != resource.kind or (name and found.get("name") != name):',
        "if False:",
        "unit/informers/test_client.py",
    ),
    Mutant(
        "lease judged from the answer",
        "operator/lease/election.py",
        "return Holding(record, sent + self.options.renew_deadline, sent + self.options.retry)",
        "return Holding(record, sent + 2 * self.options.renew_deadline, sent + self.options.retry)",
        "unit/operator/lease/test_election.py unit/operator/lease/test_two_candidates.py",
    ),
    Mutant(
        "write guard not asked",
        "informers/transport.py",
        "            if self._guard:\n                self._guard.check()\n",
        "",
        "unit/informers/test_transport.py",
    ),
    Mutant(
        "error text shown raw",
        "informers/answers.py",
        "redacted = Redactor(asked.token, asked.body).apply(content)",
        "redacted = dict(content)",
        "unit/informers/test_answers.py",
    ),
    Mutant(
        "conflict taken for done",
        MCK + "children.py",
        "    if is_conflict(error) or is_not_found(error):\n"
        "            return Overtaken(write, _CHANGED)\n        if not is_invalid",
        "    if is_not_found(error):\n            return Overtaken(write, _CHANGED)\n        if is_conflict(error):\n"
        "            return Done(write)\n        if not is_invalid",
        UNIT + "test_act.py " + UNIT + "test_changes.py",
    ),
)


class StaleMutantError(Exception):
    """A mutant whose right text is not in its file once: the code has moved on, and the mutant must follow."""


def chosen(words: list[str]) -> tuple[Mutant, ...]:
    """The mutants whose names hold one of the words; all of them without any."""
    return tuple(mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words))


def mutated(mutant: Mutant, text: str) -> str:
    """The file's text with the mistake in it; StaleMutantError when there is no one place for it."""
    if text.count(mutant.right) != 1:
        raise StaleMutantError(f"{mutant.name}: {text.count(mutant.right)} places in {mutant.file}")
    return text.replace(mutant.right, mutant.wrong)


def tree(copy: Path) -> None:
    """Copy what git knows of, and make the links by which the copy is imported."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)  # noqa: S607
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    subprocess.run([sys.executable, "tools/import_tree.py"], cwd=copy, check=True)


def is_killed(copy: Path, mutant: Mutant) -> bool:
    """Whether a test turns red while the mistake is in the copy."""
    file = copy / mutant.file
    text = file.read_text()
    file.write_text(mutated(mutant, text))
    try:
        return run(copy, mutant.tests) == 1
    finally:
        file.write_text(text)


def run(copy: Path, tests: str) -> int:
    """Run tests in the copy until the first fails, without any memory of former runs; pytest's exit code."""
    environment = {**os.environ, "PYTHONPATH": str(copy / "build" / "tree"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests.split()]
    return subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True).returncode  # noqa: S603


def lines(copy: Path, mutants: tuple[Mutant, ...]) -> Iterator[tuple[bool, str]]:
    """Each mutant's verdict as it comes."""
    for mutant in mutants:
        killed = is_killed(copy, mutant)
        yield killed, f"{'killed  ' if killed else 'SURVIVED'} {mutant.name} ({mutant.file})"


def main(words: list[str]) -> int:
    """Try mutants; 1 when one survives."""
    survived = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        tree(copy)
        for killed, line in lines(copy, chosen(words)):
            survived += not killed
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
