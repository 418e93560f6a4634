"""`adminops accounts …`: what scripts can rely on."""

import json
from typing import Any

import pytest
from click.testing import Result

from accounts.cli import accounts
from accounts.models import Account, AccountState
from adminops.app import AdminOps
from adminops.db import transaction
from adminops.errors import DomainError
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency
from tests.make_accounts import make_account

NEW = "marble bicycle thunder spoon"


def _run(app: AdminOps, *args: str) -> Result:
    return app.test_cli_runner().invoke(accounts, list(args))


def _json(app: AdminOps, *args: str) -> dict[str, Any]:
    result = _run(app, *args, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _state(app: AdminOps, account: Account) -> AccountState:
    with app.app_context(), transaction(writes=False) as session:
        return session.get_one(Account, account.id).state


def _account(app: AdminOps, **over: Any) -> Account:
    with app.app_context(), transaction():
        return make_account(**{"username": "ben", **over})


def test_first_administrator_is_created_and_gets_in_by_the_printed_link(sqlite_app: AdminOps) -> None:
    person = ("--name", "Maya Okafor", "--email", "maya@example.org")
    told = _json(sqlite_app, "first-admin", "maya", *person)
    assert (told["state"], told["roles"], told["agency"]) == ("invited", ["system_admin"], None)
    base = sqlite_app.extensions["settings"].base_url
    visitor = Desk(sqlite_app).visitor()
    visitor.post(told["link"].removeprefix(base), {"password": NEW, "again": NEW})
    visitor.post("/sign-in", {"username": "maya", "password": NEW})
    assert visitor.get("/me").heading == "Maya Okafor"
    assert "administrator already" in str(_run(sqlite_app, "first-admin", "second", *person).exception)
    assert _json(sqlite_app, "clear-second-step", "maya")["state"] == "active"


def test_account_at_an_agency_names_it(app: AdminOps) -> None:
    with app.app_context(), transaction():
        make_agency(name="Lakeview")
    person = ("--name", "Ben", "--email", "ben@example.org", "--role", "end_user", "--agency", "LAKEVIEW")
    told = _json(app, "create", "ben", *person)
    assert (told["agency"], told["roles"]) == ("Lakeview", ["end_user@Lakeview"])
    assert "link" not in told


def test_account_is_disabled_reactivated_and_shown(app: AdminOps) -> None:
    account = _account(app)
    assert _json(app, "disable", "BEN", "--reason", "left")["disabled_reason"] == "left"
    assert _state(app, account) is AccountState.DISABLED
    assert _json(app, "reactivate", "ben")["state"] == "active"
    shown = _run(app, "show", "ben")
    assert shown.exit_code == 0
    assert "state           active" in shown.output
    assert "agency" in shown.output


def test_reset_sends_a_link_and_prints_it_only_when_asked(app: AdminOps) -> None:
    _account(app)
    assert "link" not in _json(app, "reset", "ben")
    assert "/reset/" in _json(app, "reset", "ben", "--print-link")["link"]


def test_hold_is_released_by_its_name_and_no_other_in_its_place(app: AdminOps) -> None:
    account = _account(app)
    _run(app, "disable", "ben", "--reason", "left")
    wrong = _run(app, "reactivate", "ben", "--hold", "security")
    assert isinstance(wrong.exception, DomainError)
    assert wrong.exception.sentence.endswith("keeps it closed: offboarded.")
    assert _state(app, account) is AccountState.DISABLED
    assert _json(app, "reactivate", "ben", "--hold", "offboarded")["state"] == "active"


def test_account_is_archived_once_it_is_closed_and_unlocked_only_while_it_is_open(app: AdminOps) -> None:
    _account(app)
    assert _json(app, "unlock", "ben")["state"] == "active"
    assert isinstance(_run(app, "archive", "ben").exception, DomainError)
    _run(app, "disable", "ben", "--reason", "left")
    assert isinstance(_run(app, "unlock", "ben").exception, DomainError)
    assert _json(app, "archive", "ben")["state"] == "archived"


@pytest.mark.parametrize(
    "command",
    [("show",), ("reset",), ("unlock",), ("archive",), ("reactivate",), ("disable", "--reason", "left")],
)
def test_unknown_user_is_exit_code_3(sqlite_app: AdminOps, command: tuple[str, ...]) -> None:
    result = _run(sqlite_app, command[0], "nobody", *command[1:])
    assert result.exit_code == 3
    assert "There is no account with that user name." in result.output


def test_refusal_changes_nothing_and_carries_its_sentence(app: AdminOps) -> None:
    account = _account(app)
    _run(app, "disable", "ben", "--reason", "left")
    result = _run(app, "reset", "ben")
    assert isinstance(result.exception, DomainError)  # `adminops` prints it and ends with 1
    assert "disabled" in result.exception.sentence
    assert _state(app, account) is AccountState.DISABLED


@pytest.mark.parametrize(
    "args",
    [
        ("disable", "ben"),
        ("disable", "ben", "--reason", "because"),
        ("create", "ben"),
        ("create", "ben", "--name", "B", "--email", "b@example.org", "--role", "emperor"),
        ("explode",),
    ],
)
def test_wrong_use_is_exit_code_2(sqlite_app: AdminOps, args: tuple[str, ...]) -> None:
    assert _run(sqlite_app, *args).exit_code == 2


def test_unknown_agency_is_refused(sqlite_app: AdminOps) -> None:
    person = ("--name", "B", "--email", "b@example.org", "--role", Role.END_USER.value, "--agency", "Nowhere")
    result = _run(sqlite_app, "create", "ben", *person)
    assert isinstance(result.exception, DomainError)
    assert "no agency of that name" in result.exception.sentence


@pytest.mark.parametrize("command", [(), ("create",), ("disable",), ("reactivate",), ("reset",), ("show",)])
def test_every_command_explains_itself(sqlite_app: AdminOps, command: tuple[str, ...]) -> None:
    result = _run(sqlite_app, *command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
