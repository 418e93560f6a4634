"""Being asked again whether it is you: before exports, SSNs, roles, undone merges and keys."""

from datetime import timedelta

from sqlalchemy import select, update

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.hmis.models import Merge
from adminops.identity.models import User, UserSession
from adminops.identity.permissions import Role
from adminops.web.access import access_of
from tests.browsing import Desk, Page, Visitor
from tests.dedupe.test_worklist import make_merge
from tests.identity.test_second_step import _next_code, _with_app
from tests.make import PASSWORD, give_password, make_user
from tests.make_accounts import make_account
from tests.make_dedupe import make_source

#: What hurts many at once, or cannot be taken back from who saw it; see docs/permissions.md.
ASKS = {
    "accounts.edit",
    "accounts.new",
    "accounts.revoke",
    "accounts.roles",
    "api_pages.tokens",
    "clients.reveal",
    "dedupe.merge",
    "exports.fetch",
    "exports.new",
    "signin.recovery_codes",
    "signin.remove_second_step",
    "signin.set_up_app",
    "tickets.export",
    "webhooks.new",
    "webhooks.show",
}


def test_what_hurts_many_asks_again_and_no_program_does_it(sqlite_desk: Desk) -> None:
    declared = {name: access_of(view) for name, view in sqlite_desk.app.view_functions.items()}
    assert {name for name, access in declared.items() if access and access.confirm} >= ASKS
    assert not any(access.bearer for access in declared.values() if access and access.confirm)


def _admin(desk: Desk, *, app: bool = False, minutes: int = 11) -> tuple[User, Visitor]:
    """Return a manager who proved that it is them so many minutes ago."""
    with desk.work():
        user = give_password(make_user(Role.MANAGER))
        if app:
            _with_app(user)
    visitor = desk.signed_in(user)
    with desk.work() as session:
        before = clock.now() - timedelta(minutes=minutes)
        session.execute(update(UserSession).where(UserSession.user_id == user.id).values(confirmed_at=before))
    return user, visitor


def test_page_is_opened_after_the_password_and_the_cookie_of_before_is_worthless(desk: Desk) -> None:
    with desk.work():
        account = make_account()
    user, visitor = _admin(desk)
    goal = f"/accounts/{account.id}/roles"
    asking = visitor.get(goal, status=302).goal
    assert asking.startswith("/me/confirm")
    assert visitor.get(asking).heading == "Confirm that it is you"
    stolen = visitor.client.get_cookie("adminops")
    assert visitor.post("/me/confirm", {"secret": "a wrong one", "next": goal}, status=422).says("not your password")
    assert visitor.post("/me/confirm", {"secret": PASSWORD, "next": goal}).goal == goal
    visitor.get(goal)
    thief = desk.visitor()
    assert stolen is not None
    thief.client.set_cookie("adminops", stolen.value)
    assert "/sign-in" in thief.get("/me", status=302).goal
    with desk.look() as session:
        facts = select(AuditEntry.fact).where(AuditEntry.actor_id == user.id).order_by(AuditEntry.id)
        assert session.scalars(facts).all() == ["SignInRefused", "IdentityConfirmed"]


def test_who_has_a_second_step_is_asked_for_it_and_not_for_the_password(desk: Desk) -> None:
    user, visitor = _admin(desk, app=True)
    assert visitor.get("/me/confirm").says("Code of your app")
    visitor.post("/me/confirm", {"secret": PASSWORD}, status=422)
    code = _next_code(desk, user)
    visitor.post("/me/confirm", {"secret": code})
    visitor.post("/me/confirm", {"secret": code}, status=422)


def test_what_was_typed_meanwhile_can_be_sent_and_what_was_not_opened_can_not(desk: Desk) -> None:
    with desk.work():
        account = make_account()
    form = {"role": Role.TRAINER.value, "agency": ""}
    _, typing = _admin(desk, minutes=19)
    assert typing.post(f"/accounts/{account.id}/roles", form).goal == f"/accounts/{account.id}"
    _, late = _admin(desk, minutes=21)
    assert late.post(f"/accounts/{account.id}/roles", form, status=307).goal.startswith("/me/confirm")


def test_what_is_loaded_down_asks_and_leads_back_to_its_page(desk: Desk) -> None:
    _, visitor = _admin(desk)
    before = {"Referer": "http://localhost/tickets?q=state%3Aopen"}
    asking = visitor.get("/tickets/export.csv", status=302, headers=before).goal
    assert asking == "/me/confirm?next=/tickets?q%3Dstate%253Aopen"
    visitor.get("/me/tokens")
    data = {"name": "A program", "scopes": ["tickets:read"], "days": "30"}
    assert visitor.post("/me/tokens", data, status=307).goal.startswith("/me/confirm")
    quick = visitor.get("/tickets/export.csv", status=204, headers={"HX-Request": "true"})
    assert quick.response.headers["HX-Redirect"].startswith("/me/confirm")


def test_what_was_filled_in_is_kept_while_one_is_asked_and_sent_as_it_was(desk: Desk) -> None:
    with desk.work():
        later, merge = make_merge(source := make_source(), "A2", "B2"), make_merge(source, "A1", "B1")
    _, visitor = _admin(desk)
    before = {"Referer": f"http://localhost/duplicates/merges/{merge.id}"}
    chosen = {"reason": 'Two "people"\nby the ledger', "also": [str(later.id), "7"], "secret": "of the form"}
    sent = visitor.post(f"/duplicates/merges/{merge.id}", chosen, status=307, headers=before)
    assert "ledger" not in sent.goal
    asking = visitor.post(sent.goal, chosen, status=200)
    assert asking.says("What you filled in is kept")
    filled = {**_hidden(asking, "/me/confirm"), "secret": "a wrong one"}
    filled = {**_hidden(visitor.post("/me/confirm", filled, status=422), "/me/confirm"), "secret": PASSWORD}
    confirmed = visitor.post("/me/confirm", filled, status=200)
    assert (confirmed.heading, confirmed.link("Leave it")) == ("Confirmed: now send it", before["Referer"][16:])
    assert "of the form" not in asking.html + confirmed.html, "a secret stands on no page"
    del chosen["secret"]
    assert _hidden(confirmed, f"/duplicates/merges/{merge.id}") == chosen
    with desk.look() as session:
        assert session.get_one(Merge, merge.id).is_active


def test_form_that_is_kept_leads_nowhere_outside_and_is_given_back_when_the_session_ends(sqlite_desk: Desk) -> None:
    _, visitor = _admin(sqlite_desk)
    assert visitor.get("/me/confirm/sent", status=302).goal == "/me/confirm"
    filled = {"secret": PASSWORD, "to": "https://evil.example.org/", "kept-reason": "By the ledger"}
    assert "evil" not in visitor.post("/me/confirm", filled).goal
    gone = sqlite_desk.visitor().post("/me/confirm", filled, status=401, headers={"Sec-Fetch-Site": "same-origin"})
    assert (gone.says("By the ledger"), PASSWORD in gone.html) == (True, False)


def _hidden(page: Page, action: str) -> dict[str, str | list[str]]:
    """Return the hidden fields of the form that is sent to `action`, but its token."""
    found: dict[str, list[str]] = {}
    for field in page.reader.tree.css(f'form[action="{action}"] input[type=hidden]'):
        found.setdefault(field.attributes["name"] or "", []).append(field.attributes["value"] or "")
    return {name: values if values[1:] else values[0] for name, values in found.items() if name != "csrf_token"}


def test_guessing_is_slowed_down_and_leads_nowhere_outside(desk: Desk) -> None:
    _, visitor = _admin(desk)
    for _ in range(5):
        visitor.post("/me/confirm", {"secret": "a guess"}, status=422)
    assert visitor.post("/me/confirm", {"secret": PASSWORD}, status=422).says("Too many tries.")
    _, other = _admin(desk)
    assert "evil" not in other.post("/me/confirm", {"secret": PASSWORD, "next": "//evil.example.org"}).goal
