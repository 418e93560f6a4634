"""Routes: each says who may open it, and a stranger gets nowhere."""

import re

from adminops.identity.permissions import Permission
from adminops.web.access import PUBLIC, access_of
from adminops.web.problem_json import SCIM
from tests.browsing import Desk

#: What may be opened without signing in, each for a reason.
OPEN = {
    "assets.file",  # style sheet, scripts, icons and typeface
    "signin.sign_in",
    "signin.second_step_key",
    "signin.second_step",  # asks who gave the right password for a code
    "accounts.forgot",  # who can't sign in asks for a new password
    "accounts.reset",
    "accounts.go_outside",  # to an identity provider
    "accounts.come_back",  # from there, with what it signed
    "accounts.arrive",
    "accounts.sign_by_link",  # who is to have an account signs the user agreement before
    "survey.answer",  # the link of a mail, by a token of its own
    "survey.no_more",
    "system.healthz",  # a load balancer asks whether the app lives
    "system.mailbox",  # development only: where the demo's mails end up
    "system.mailbox_mail",
    "api_pages.openapi",  # says what the program can do, and nothing of what it holds
    "style_guide.show",  # development only
    "style_guide.page",
}


def test_e1_every_route_declares_who_may_open_it(sqlite_desk: Desk) -> None:
    app = sqlite_desk.app
    silent = [rule.rule for rule in app.url_map.iter_rules() if access_of(app.view_functions[rule.endpoint]) is None]
    assert silent == []


def test_only_a_few_routes_are_open_to_everybody(sqlite_desk: Desk) -> None:
    app = sqlite_desk.app
    declared = {name: access_of(view) for name, view in app.view_functions.items()}
    public = {name for name, access in declared.items() if access and access.needs is PUBLIC and not access.bearer}
    assert public <= OPEN


def test_a_stranger_is_sent_to_the_sign_in_page(sqlite_desk: Desk) -> None:
    app, stranger = sqlite_desk.app, sqlite_desk.visitor()
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if access is None or access.needs is PUBLIC or access.bearer or "GET" not in (rule.methods or ()):
            continue
        url = _filled(rule.rule)
        assert "/sign-in" in stranger.get(url, status=302).goal, url


def test_a_program_without_a_token_is_refused(sqlite_desk: Desk) -> None:
    app, stranger = sqlite_desk.app, sqlite_desk.visitor()
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if access is not None and access.bearer:
            method = min((rule.methods or set()) - {"HEAD", "OPTIONS"})
            answer = stranger.client.open(_filled(rule.rule), method=method)
            form = "scim" if rule.rule.startswith(SCIM) else "problem"
            assert (answer.status_code, answer.mimetype) == (401, f"application/{form}+json"), rule.rule


def _filled(rule: str) -> str:
    parts = []
    for part in rule.split("/"):
        number = part.startswith("<int:")
        parts.append("1" if number else "nothing" if part.startswith("<") else part)
    return "/".join(parts)


def test_paths_are_written_in_kebab_case(sqlite_desk: Desk) -> None:
    rules = [rule.rule for rule in sqlite_desk.app.url_map.iter_rules() if not rule.rule.startswith(SCIM)]
    assert [rule for rule in rules if rule != _kebab(rule)] == []


def _kebab(rule: str) -> str:
    return "/".join(p if p.startswith("<") else p.lower().replace("_", "-") for p in rule.split("/"))


def test_jobs_are_named_as_one_types_them(sqlite_desk: Desk) -> None:
    jobs = [job.name for feature in sqlite_desk.app.extensions["features"].features for job in feature.jobs]
    assert [name for name in jobs if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


def test_every_permission_is_asked_for_somewhere(sqlite_desk: Desk) -> None:
    from tests.structure.tree import ROOT, modules

    sources = "".join((ROOT / name).read_text() for name in modules() if not name.endswith("identity/permissions.py"))
    unused = [p.name for p in Permission if f"Permission.{p.name}" not in sources and f"P.{p.name}" not in sources]
    assert unused == []
