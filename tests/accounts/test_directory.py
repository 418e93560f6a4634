"""Where passwords are kept: the local place, and the sentence when the settings name another."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from accounts import directory
from accounts.directory import Verdict
from accounts.models import AccountState
from adminops.app import AdminOps
from adminops.errors import Unavailable
from adminops.settings import Settings
from tests.make import PASSWORD
from tests.make_accounts import make_account

LDAP = "ldaps://directory.example.org"


def test_local_directory_knows_right_wrong_and_disabled(session: Session) -> None:
    place = directory.directory()
    account, disabled = make_account(), make_account(state=AccountState.DISABLED)
    assert place.verify(account, PASSWORD) is Verdict.WRONG, "there is no password yet"
    for one in (account, disabled):
        place.set_password(one, PASSWORD)
    assert place.verify(account, PASSWORD) is Verdict.OK
    assert place.verify(account, "") is Verdict.WRONG
    assert place.verify(account, PASSWORD + " ") is Verdict.WRONG
    assert place.verify(disabled, PASSWORD) is Verdict.DISABLED
    assert not disabled.user.may_sign_in, "a new password opens nothing by itself"


def test_configured_directory_is_refused_with_a_sentence(app: AdminOps, session: Session) -> None:
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, directory_url=LDAP)
    try:
        with pytest.raises(Unavailable, match="ADMINOPS_DIRECTORY_URL"):
            directory.directory()
    finally:
        app.extensions["settings"] = before


def test_doctor_is_told_what_is_wrong_with_the_directory(tmp_path: Path) -> None:
    with_directory = Settings(home=tmp_path, directory_url=LDAP)
    assert directory.problem(Settings(home=tmp_path)) is None
    missing = directory.problem(with_directory, installed=lambda _: False)
    assert missing is not None
    assert "python-ldap is not installed" in missing
    unsupported = directory.problem(with_directory, installed=lambda _: True)
    assert unsupported is not None
    assert "empty ADMINOPS_DIRECTORY_URL" in unsupported
