"""The pages of notices."""

from collections.abc import Callable

from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations
from tickets.notices.models import NoticeWishes
from tickets.notices.occasions import Way
from tickets.notices.operations import Choices, choose_notices
from tickets.notices.wishes import house_ways
from tickets.queues.operations import save_queue


def test_list_leads_to_the_ticket_and_what_was_opened_is_read(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        helper, person = make_helper(name="Maya Okafor"), make_user()
        ticket = make_ticket(person, subject="Report stops")
        for _ in range(3):
            operations.reply(ticket, body="Which?", by=helper)
        other = make_user()
    visitor = desk.signed_in(person)
    counted()
    page = visitor.get("/me/notices")
    assert counted() <= 12
    assert page.says(f"Maya Okafor replied on #{ticket.id}")
    assert page.says("Report stops")
    desk.signed_in(other).get("/me/notices/1", status=404)
    opened = visitor.get("/me/notices/1", status=302)
    assert opened.goal == f"/tickets/{ticket.id}"
    assert visitor.get("/me/notices").says("You have read everything")
    assert visitor.get("/me/notices?show=all").says("Maya Okafor replied on")
    assert visitor.post("/me/notices/read", {}, follow=True).says("You had read everything already")


def test_navigation_says_how_many_are_not_read(desk: Desk) -> None:
    with desk.work():
        helper, person = make_helper(), make_user()
        ticket = make_ticket(person)
        operations.assign(ticket, helper, by=helper)
        for _ in range(4):
            operations.reply(ticket, body="Hello?", by=person)
            operations.reply(ticket, body="Yes?", by=helper)
    for reader in (helper, person):
        assert '<span class="nav-count">4' in desk.signed_in(reader).get("/me/notices").html


FORM = {"digest_every": "day", "digest_time": "08:00", "digest_weekday": "0", "urgent_passes": "y"}
OF_USERS = ("replied_mine", "mentioned_mine", "resolved_mine", "reopened_mine")


def test_user_chooses_what_means_something_to_them(desk: Desk) -> None:
    with desk.work():
        person = make_user()
    visitor, url = desk.signed_in(person), "/me/notices/choices"
    page = visitor.get(url)
    assert page.says("As usual: in the app and by mail")
    for word in ("My team's", "All others", "A team note", "Queues"):
        assert not page.says(word), word
    sent = {**FORM, **dict.fromkeys(OF_USERS, "usual"), "replied_mine": "digest", "quiet_from": "22:00"}
    assert visitor.post(url, sent, status=422).says("a beginning and an end")
    visitor.post(url, {**sent, "replied_mine": "pigeon"}, status=422)
    visitor.post(url, {**sent, "quiet_from": "late"}, status=422)
    visitor.post(url, {**sent, "quiet_until": "07:00", "zone": "Mars"}, status=422)
    saved = visitor.post(url, {**sent, "quiet_until": "07:00", "zone": "America/Chicago"}, follow=True)
    assert saved.says("Your choices are saved.")
    with desk.look() as session:
        wishes = session.get_one(NoticeWishes, person.id)
        assert wishes.ways == {"replied.mine": "digest"}
        assert (wishes.quiet_from, wishes.quiet_until, wishes.zone) == (1320, 420, "America/Chicago")
    assert 'value="22:00"' in visitor.get(url).html


def test_member_of_the_team_chooses_queues_too(desk: Desk) -> None:
    with desk.work():
        manager, helper = make_user(Role.MANAGER), make_helper()
        queue = save_queue(None, name="Accounts", request_types=["sign_in"], by=manager)
        choose_notices(Choices(ways={"filed.team": Way.APP}, queues=[queue.id]), by=helper)
    page = desk.signed_in(helper).get("/me/notices/choices")
    assert page.says("Accounts")
    assert page.says("All others")


def test_administrators_say_what_the_house_tells(desk: Desk) -> None:
    with desk.work():
        manager, helper = make_user(Role.MANAGER), make_helper()
    desk.signed_in(helper).get("/notices/defaults", status=403)
    visitor = desk.signed_in(manager)
    page = visitor.get("/notices/defaults")
    assert page.says("My team's")
    visitor.post("/notices/defaults", {"replied_mine": "pigeon"}, status=422)
    with desk.look():
        sent = {key.replace(".", "_"): way.value for key, way in house_ways().items()}
    assert visitor.post("/notices/defaults", sent, follow=True).says("Nothing was changed.")
    sent["filed_team"] = "app"
    assert visitor.post("/notices/defaults", sent, follow=True).says("It holds from now on.")
    assert visitor.get("/audit").says("filed.team")
