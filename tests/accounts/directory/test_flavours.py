"""What each kind of directory says of an account, as its server was seen to write it."""

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("ldap", reason="ldap: python-ldap is not built here")

from accounts.directory.flavours import FLAVOURS, filetime, generalized
from accounts.directory.values import Verdict
from accounts.directory.wire import BY_THE_RULES, Bound, Found, Wire
from adminops import clock

SOON, PAST = clock.now() + timedelta(hours=1), clock.now() - timedelta(hours=1)


def _found(**values: bytes) -> Found:
    return Found("uid=ada,ou=people,dc=x", {name.lower(): [value] for name, value in values.items()})


@pytest.mark.parametrize(
    ("kind", "values", "enabled", "locked", "must_change"),
    [
        ("389ds", {}, True, False, False),
        ("389ds", {"nsAccountLock": b"TRUE"}, False, False, False),
        ("389ds", {"accountUnlockTime": generalized(SOON)}, True, True, False),
        ("389ds", {"accountUnlockTime": generalized(PAST)}, True, False, False),
        ("389ds", {"passwordExpirationTime": b"19700101000000Z"}, True, False, True),
        ("ad", {"userAccountControl": b"512", "pwdLastSet": b"1"}, True, False, False),
        ("ad", {"userAccountControl": b"514", "pwdLastSet": b"1"}, False, False, False),
        ("ad", {"userAccountControl": b"512", "pwdLastSet": b"0"}, True, False, True),
        ("ad", {"userAccountControl": b"512", "lockoutTime": str(filetime(PAST)).encode()}, True, True, False),
        ("openldap", {"pwdEndTime": generalized(PAST)}, False, False, False),
        ("openldap", {"pwdEndTime": generalized(SOON), "pwdReset": b"TRUE"}, True, False, True),
        ("openldap", {"pwdAccountLockedTime": generalized(PAST)}, True, True, False),
    ],
)
def test_b12_state_of_an_account_is_read_as_its_server_writes_it(
    kind: str, values: dict[str, bytes], enabled: bool, locked: bool, must_change: bool
) -> None:
    flavour, found = FLAVOURS[kind], _found(**values)
    assert (flavour.is_enabled(found), flavour.is_locked(found), flavour.must_change(found)) == (
        enabled,
        locked,
        must_change,
    )


@pytest.mark.parametrize(
    ("kind", "bound", "values", "verdict"),
    [
        ("389ds", Bound(False), {"nsAccountLock": b"true"}, Verdict.DISABLED),
        ("389ds", Bound(False), {"accountUnlockTime": generalized(SOON)}, Verdict.LOCKED),
        ("389ds", Bound(False), {}, Verdict.WRONG),
        ("ad", Bound(False, code="533"), {"userAccountControl": b"514"}, Verdict.DISABLED),
        ("ad", Bound(False, code="775"), {}, Verdict.LOCKED),
        ("ad", Bound(False, code="773"), {}, Verdict.MUST_CHANGE),
        ("ad", Bound(False, code="701"), {}, Verdict.DISABLED),
        ("ad", Bound(False, code="52e"), {}, Verdict.WRONG),
        ("ad", Bound(True), {"userAccountControl": b"514"}, Verdict.DISABLED),
    ],
)
def test_b12_answers_of_a_server_are_told_apart(
    kind: str, bound: Bound, values: dict[str, bytes], verdict: Verdict
) -> None:
    flavour = FLAVOURS[kind]
    entry = flavour.entry(_found(**values), groups=frozenset(), archived=False)
    assert flavour.verdict(bound, entry) is verdict


class Written(Wire):
    """A line that keeps what would be written."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def replace(self, dn: str, values: Any, **how: bool) -> None:
        self.said.append((sorted(values), how))

    def set_password(self, dn: str, password: str) -> None:
        self.said.append("password")


def test_new_password_on_a_domain_asks_for_its_history_and_on_389ds_ends_that_it_must_change() -> None:
    domain, other = Written(), Written()
    FLAVOURS["ad"].set_password(domain, "cn=ada", "quiet copper orchard", must_change=False)
    assert domain.said[0] == (["unicodePwd"], {"by_the_rules": True})
    assert BY_THE_RULES.startswith("1.2.840.113556.")
    FLAVOURS["389ds"].set_password(other, "uid=ada", "quiet copper orchard", must_change=False)
    assert other.said == ["password", (["passwordExpirationTime"], {})]
