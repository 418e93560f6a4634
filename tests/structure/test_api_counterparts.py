"""What somebody does on a ticket works for programs, too: each page that changes something names how, or why not."""

from adminops.web.access import access_of
from tests.browsing import Desk
from tickets.api import ROUTES

PERSONAL = "It is how one's own pages look and what one is told: a program has neither."
COMPOSER = "It keeps what somebody is typing on a page; a program keeps its own text until it sends it."
ARRANGES = "It arranges the desk for everybody, by an administrator and rarely; it is done on no ticket."
MAILS = "A mail is no ticket yet, and its words are shown to redactors alone, one by one and on the record."
FILES = "A file is made of what `list_tickets` tells page by page."
LINK_OF_A_MAIL = "It is answered behind the link of a mail, without signing in; programs read it by `show_survey`."
COPIES = "A whole desk is taken over with a trial to look at; single tickets are filed by `file_ticket`."

COUNTERPARTS: dict[str, tuple[str, ...] | str] = {
    # The conversation
    "tickets.write": ("reply", "write_note", "plan_reply"),
    "tickets.told": ("show_told",),
    "tickets.save_answer": COMPOSER,
    "tickets.discard_answer": COMPOSER,
    "tickets.take_back": ("take_back",),
    "tickets.send_now": ("send_now",),
    "tickets.throw_away": ("throw_away",),
    "tickets.send_due": "It sends what is due: a job does that every 30 seconds, the page only while one looks at it.",
    "tickets.here": ("note_presence", "list_present"),
    "tickets.remove_file": ("remove_file",),
    "tickets.evidence": ("show_evidence",),
    "tickets.ask_again": ("ask_again",),
    # Where it stands
    "tickets.change": ("set_state", "assign", "set_priority"),
    "tickets.take": ("take",),
    "tickets.take_next": ("claim_ticket",),
    "tickets.resolve": ("set_state",),
    "tickets.reopen": ("set_state",),
    "tickets.approve": ("approve",),
    "tickets.refuse": ("refuse",),
    "tickets.add_attempt": ("note_attempt",),
    "tickets.tick_step": ("tick",),
    "tickets.untick_step": ("untick",),
    "tickets.pass_on": ("pass_to_vendor", "add_vendor_case"),
    # What stands beside it
    "tickets.choose_link": ("find_links",),
    "tickets.link": ("add_link",),
    "tickets.unlink": ("remove_link",),
    "tickets.add_tag": ("add_tag",),
    "tickets.remove_tag": ("remove_tag",),
    "tickets.merge": ("merge",),
    "tickets.undo_merge": ("undo_merge",),
    "tickets.relate": ("relate",),
    "tickets.unrelate": ("unrelate",),
    "tickets.split": ("split",),
    "tickets.promote": ("promote",),
    "tickets.change_project": ("change_project",),
    "tickets.add_parts": ("add_parts",),
    "tickets.demote": ("demote",),
    "tickets.sharers": ("add_participant",),
    "tickets.unshare": ("remove_participant",),
    "tickets.make_private": ("make_private",),
    "tickets.open_up": ("open_up",),
    "tickets.time_spent": ("note_time",),
    "tickets.correct_time_spent": ("correct_time",),
    # Asking
    "help.new": ("file_ticket",),
    "help.save_draft": ("keep_draft",),
    "help.discard_draft": ("discard_draft",),
    # Many at once
    "tickets.bulk": ("plan_bulk",),
    "tickets.start_bulk": ("start_bulk",),
    "tickets.undo_bulk": ("undo_bulk",),
    # What is broken for many, and the vendor
    "problems.new": ("add_problem",),
    "problems.edit": ("change_problem",),
    "problems.me_too": ("have_problem",),
    "problems.solved": ("solve_problem",),
    "problems.reopen": ("reopen_problem",),
    "problems.put_away": PERSONAL,
    "vendor.new": ("add_vendor_case",),
    "vendor.edit": ("change_vendor_case",),
    # The team
    "tickets.new_absence": ("enter_absence",),
    "tickets.end_absence": ("end_absence",),
    "canned.new": ("add_canned",),
    "canned.edit": ("change_canned",),
    "canned.remove": ("remove_canned",),
    # No program
    "tickets.columns": PERSONAL,
    "tickets.new_view": PERSONAL,
    "tickets.edit_view": PERSONAL,
    "tickets.remove_view": PERSONAL,
    "notices.open_notice": PERSONAL,
    "notices.read": PERSONAL,
    "notices.choose": PERSONAL,
    "survey.wish": PERSONAL,
    "notices.defaults": ARRANGES,
    "tickets.new_queue": ARRANGES,
    "tickets.edit_queue": ARRANGES,
    "tickets.remove_queue": ARRANGES,
    "tickets.edit_tag": ARRANGES,
    "tickets.merge_tag": ARRANGES,
    "tickets.requesters": ARRANGES,
    "tickets.unname": ARRANGES,
    "request_types.edit": ARRANGES,
    "goals.new_calendar": ARRANGES,
    "goals.calendar": ARRANGES,
    "goals.policy": ARRANGES,
    "mail_in.open_words": MAILS,
    "mail_in.again": MAILS,
    "mail_in.aside": MAILS,
    "mail_in.claim": MAILS,
    "tickets.export": FILES,
    "tickets.export_time": FILES,
    "ticket_insights.time_entries_file": FILES,
    **dict.fromkeys(
        (f"ticket_imports.{each}" for each in ("new", "columns", "words", "start", "drop", "undo")), COPIES
    ),
    **dict.fromkeys((f"webhooks.{each}" for each in ("new", "show", "switch", "attempt", "again", "remove")), ARRANGES),
    "survey.answer": LINK_OF_A_MAIL,
    "survey.no_more": LINK_OF_A_MAIL,
}


def test_every_page_that_changes_something_names_what_programs_do_instead(sqlite_desk: Desk) -> None:
    changing = _changing(sqlite_desk)
    assert changing - set(COUNTERPARTS) == set(), "offer it in tickets/api, or say above why not"
    assert set(COUNTERPARTS) - changing == set(), "these pages are gone"


def test_what_is_named_is_offered_and_each_offer_has_its_page() -> None:
    offered = {route.name: route for route in ROUTES}
    named = {name for each in COUNTERPARTS.values() if not isinstance(each, str) for name in each}
    assert named - set(offered) == set()
    assert {name for name, route in offered.items() if route.writes} - named == set()
    assert all(reason.endswith(".") for reason in COUNTERPARTS.values() if isinstance(reason, str))


def _changing(desk: Desk) -> set[str]:
    """Return the routes of the help desk's pages that change something, or take words that no address may hold."""
    found = set()
    for rule in desk.app.url_map.iter_rules():
        view = desk.app.view_functions[rule.endpoint]
        access = access_of(view)
        unsafe = bool({"POST", "PUT", "DELETE", "PATCH"} & (rule.methods or set())) or bool(access and access.writes)
        if unsafe and view.__module__.startswith("tickets.") and not (access and access.bearer):
            found.add(rule.endpoint)
    return found
