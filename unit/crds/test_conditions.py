"""Condition types and reasons are API: people wait for them, so a change must be meant."""

import pytest
from multicasskop.crds.conditions import RULES, ConditionType, Reason

TABLE = {
    "Ready": (
        "+",
        "AllMembersReady",
        "Deleting Invalid NoMember Conflict Halted Refused MemberFailed MemberDark Paused WaitingForApproval"
        " WaitingForGate Soaking Applying SeedsPending",
        "NotYetSeen Starting",
    ),
    "Progressing": (
        "-",
        "Creating RollingOut Soaking CatchingUp Adopting Deleting",
        "Done Waiting DeadlineExceeded",
        "",
    ),
    "Degraded": (
        "-",
        "MemberDark MemberFailed DeadlineExceeded NodesMissing CredentialExpiring DeletionBlocked Several",
        "AsExpected",
        "StaleFacts",
    ),
    "Valid": (
        "+",
        "Accepted",
        "BadOverride BadChild NoRegisteredMember ForeignNamespace OperatorNamespace NameTooLong RenameRefused"
        " DuplicateDatacenter",
        "",
    ),
    "SeedsResolved": ("+", "Computed GivenByUser", "NoDomain NoSeed SeedsSilent Delivering Overwritten", ""),
    "MembersReachable": (
        "+",
        "AllReachable",
        "ConnectTimeout ConnectionRefused DNSFailed TLSFailed Unauthorized BadCredentials Forbidden KindNotServed"
        " IdentityChanged NotRegistered Several",
        "",
    ),
    "Paused": ("-", "BySpec", "NotPaused", ""),
    "Stalled": ("-", "Invalid NoMember Conflict Halted Refused MemberFailed DeletionBlocked", "", ""),
    "Drifted": ("-", "EditedByHand OtherController", "", ""),
}


@pytest.mark.parametrize("name", TABLE)
def test_condition_is_pinned(name: str) -> None:
    """Polarity and reasons of a condition, each list in its order of precedence, stand as they were published."""
    rule = RULES[ConditionType(name)]
    told = ("+" if rule.positive else "-", *(" ".join(part) for part in (rule.true, rule.false, rule.unknown)))
    assert told == TABLE[name]


def test_every_type_has_a_rule() -> None:
    """No condition is without a rule, and status shows them in the published order."""
    assert list(RULES) == list(ConditionType) == [ConditionType(name) for name in TABLE]


def test_no_reason_is_left_over() -> None:
    """Each reason belongs to some condition."""
    used = {reason for rule in RULES.values() for reason in (*rule.true, *rule.false, *rule.unknown)}
    assert used == set(Reason)


def test_two_conditions_stand_only_while_true() -> None:
    """Stalled and Drifted are left out of status while they are not True."""
    assert [kind.value for kind, rule in RULES.items() if rule.only_while_true] == ["Stalled", "Drifted"]
