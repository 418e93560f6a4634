"""Delivery: what was stored leaves, once, and what can't leave holds up nobody."""

import threading
from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import transaction
from adminops.outbox.delivery import LONGEST_PAUSE, MailCourier, pause_after
from adminops.outbox.letters import Letter
from adminops.outbox.models import MessageState, OutboxMessage
from adminops.outbox.transports import Refused, Unreachable
from tests.outbox.conftest import OpenPost
from tests.outbox.post import Post
from tests.services.mail import MailCatcher
from tests.services.private import free_port

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Lame:
    """A transport that ends every try in the same way, and counts."""

    def __init__(self, problem: Exception) -> None:
        self.problem, self.tries = problem, 0

    def send(self, letter: Letter) -> None:
        """Fail."""
        self.tries += 1
        raise self.problem

    def close(self) -> None:
        """Nothing is open."""


def test_a_mail_arrives_with_subject_text_link_and_a_page(post: Post, mail_server: MailCatcher) -> None:
    person = post.person(name="Zoë Ångström", email="zoe@example.org")
    number = post.ask(7, to=person)
    assert post.deliver().sent == 1, post.message(number).problem
    (mail,) = mail_server.wait_for(1)
    message = mail.message
    assert (mail.sender, mail.recipients) == ("adminops@example.org", ["zoe@example.org"])
    assert message["Subject"] == "Note 7 Bcc: thief@example.org"
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text.startswith("Hello Zoë Ångström,\n\nNote 7 is ready for you.\nIt has a second line.\n\nSigned, ")
    assert "Read the note:\nhttp://127.0.0.1:8000/notes/7\n" in text
    page = message.get_body(("html",)).get_content()
    assert '<a href="http://127.0.0.1:8000/notes/7">' in page
    assert "&amp; Co &lt;b&gt;" in page
    assert post.state(number) is MessageState.SENT
    assert post.message(number).sent_at is not None


def test_a_message_leaves_once(post: Post, mail_server: MailCatcher) -> None:
    post.ask()
    assert [post.deliver().sent, post.deliver(later=DAY).sent] == [1, 0]
    assert len(mail_server.mails) == 1


def test_asking_twice_for_the_same_stores_it_once(post: Post) -> None:
    person = post.person()
    assert post.ask(1, to=person) == post.ask(1, to=person)
    assert post.deliver().sent == 1


def test_a_mail_that_became_needless_is_dropped(post: Post, mail_server: MailCatcher) -> None:
    number = post.ask(kind="post.needless")
    assert post.deliver().dropped == 1
    assert post.state(number) is MessageState.DROPPED
    assert mail_server.mails == []


def test_what_can_not_be_written_holds_up_nobody(post: Post, mail_server: MailCatcher) -> None:
    broken = [post.ask(kind=kind) for kind in ("post.broken", "post.wordless")]
    good = post.ask(5)
    assert post.deliver().sent == 1
    assert [post.state(number) for number in (*broken, good)] == [
        MessageState.PENDING,
        MessageState.PENDING,
        MessageState.SENT,
    ]
    assert post.message(broken[0]).problem == "It could not be written (IntegrityError)."
    assert post.message(broken[1]).problem == "It could not be written (TemplateNotFound)."


def test_a_kind_that_no_feature_knows_is_given_up_after_a_day(post: Post) -> None:
    number = post.ask(kind="post.forgotten")
    assert post.deliver().put_off == 1
    assert post.deliver(later=DAY + HOUR).given_up == 1
    assert post.state(number) is MessageState.DEAD
    assert post.facts() == ["MessageGivenUp"]


def test_a_person_without_an_address_is_told_to_the_team_at_once(post: Post) -> None:
    numbers = [post.ask(to=post.person(email=email)) for email in ("", "nobody", "@example.org", "zoë@example.org")]
    assert post.deliver().given_up == len(numbers)
    assert {post.message(number).problem for number in numbers} == {"The person has no e-mail address that works."}


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    for attempt, seconds in ((1, 1), (2, 2), (5, 16), (9, 256)):
        assert abs(pause_after(attempt).total_seconds() - seconds) <= seconds * 0.2
    assert LONGEST_PAUSE * 0.8 <= pause_after(11) <= LONGEST_PAUSE * 1.2
    assert LONGEST_PAUSE * 0.8 <= pause_after(10_000) <= LONGEST_PAUSE * 1.2


def test_a_busy_mail_server_is_tried_again_after_a_pause(post: Post, mail_server: MailCatcher) -> None:
    number = post.ask()
    mail_server.answer_with("451 4.7.1 try again later, dear adminops@example.org")
    with clock.frozen_at(clock.now()):
        assert post.deliver().put_off == 1
        assert post.message(number).problem == "The mail server did not take the mail (451 4.7.1)."
        assert post.deliver(later=timedelta(seconds=0.5)).total == 0
        mail_server.answer_with("")
        assert post.deliver(later=timedelta(seconds=3)).sent == 1
    assert post.message(number).problem == ""


def test_a_mail_server_that_says_never_is_believed(post: Post, mail_server: MailCatcher) -> None:
    number, other = post.ask(1), post.ask(2)
    mail_server.answer_with("554 5.7.1 not wanted here")
    assert post.deliver().given_up == 2
    assert post.message(number).problem == "The mail server did not take the mail (554 5.7.1)."
    assert post.state(other) is MessageState.DEAD
    assert post.facts() == ["MessageGivenUp", "MessageGivenUp"]


def test_an_hour_without_a_mail_server_costs_no_message(open_post: OpenPost, mail_server: MailCatcher) -> None:
    away = open_post(smtp_port=free_port())
    numbers = [away.ask(n) for n in range(5)]
    for minute in range(0, 60, 5):
        assert away.deliver(later=timedelta(minutes=minute)).given_up == 0
    back = open_post(smtp_port=mail_server.port)
    assert back.deliver(later=HOUR + timedelta(minutes=2)).sent == 5
    assert {away.state(number) for number in numbers} == {MessageState.SENT}


def test_a_mail_server_that_is_away_is_asked_once_a_run(post: Post) -> None:
    for number in range(3):
        post.ask(number)
    away = Lame(Unreachable("The mail server does not answer."))
    assert post.deliver(away).put_off == 1
    assert away.tries == 1


def test_a_message_is_given_up_after_a_day_of_tries(post: Post) -> None:
    number = post.ask()
    away = Lame(Unreachable("The mail server does not answer."))
    post.deliver(away)
    assert post.deliver(away, later=timedelta(hours=23)).put_off == 1
    assert post.deliver(away, later=timedelta(hours=25)).given_up == 1
    message = post.message(number)
    assert (message.state, message.problem) == (MessageState.DEAD, "The mail server does not answer.")


def test_a_message_that_waited_long_before_its_first_try_still_gets_its_day(post: Post) -> None:
    post.ask()
    away = Lame(Unreachable("The mail server does not answer."))
    assert post.deliver(away, later=timedelta(days=3)).put_off == 1
    assert post.deliver(later=timedelta(days=3, minutes=5)).sent == 1


def test_a_fault_of_the_transport_holds_up_nobody(post: Post) -> None:
    numbers = [post.ask(n) for n in range(2)]
    assert post.deliver(Lame(ValueError("an address of somebody"))).put_off == 2
    assert post.message(numbers[0]).problem == "It could not be sent (ValueError)."


def test_a_claim_that_ran_out_is_sent_once_more_under_the_same_name(post: Post, mail_server: MailCatcher) -> None:
    number = post.ask()
    first = _lose_the_claim(post, number)
    assert post.deliver(later=timedelta(seconds=30)).total == 0  # the claim still holds
    assert post.deliver(later=HOUR).sent == 1
    (mail,) = mail_server.wait_for(1)
    assert mail.message["Message-ID"] == first


def test_a_claim_that_ran_out_twice_is_left_to_a_person(post: Post, mail_server: MailCatcher) -> None:
    number = post.ask()
    _lose_the_claim(post, number)
    _lose_the_claim(post, number, later=HOUR)
    assert post.deliver(later=2 * HOUR).given_up == 1
    assert "Twice nobody knows whether it left." in post.message(number).problem
    assert mail_server.mails == []


def test_whoever_comes_back_too_late_does_not_send(post: Post, mail_server: MailCatcher) -> None:
    """A process that stood still while it wrote the letter finds its claim gone."""
    post.ask()
    from adminops.outbox import delivery

    with post.app.app_context():
        claim = delivery._claim(_by_mail(post), delivery.Deliveries())
        assert claim is not None
        with clock.frozen_at(claim.until):
            assert delivery._deliver(claim, Lame(AssertionError("sent")), post.app.extensions["settings"]) is None
    assert post.deliver(later=HOUR).sent == 1
    assert len(mail_server.mails) == 1


def test_a_late_record_changes_nothing(post: Post) -> None:
    number = post.ask()
    from adminops.outbox import delivery

    with post.app.app_context():
        claim = delivery._claim(_by_mail(post), delivery.Deliveries())
    assert claim is not None
    assert post.deliver(later=HOUR).sent == 1
    with post.app.app_context():
        late = delivery.Outcome(MessageState.PENDING, "too late")
        delivery._record(claim, late, _by_mail(post), delivery.Deliveries())
    assert post.state(number) is MessageState.SENT


def test_two_deliverers_share_the_work_and_send_nothing_twice(post: Post, mail_server: MailCatcher) -> None:
    person = post.person()
    for number in range(20):
        post.ask(number, to=person)
    together = threading.Barrier(2)

    def deliver() -> None:
        together.wait(timeout=10)
        while post.deliver().total:
            pass

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post.deliver()
    subjects = [mail.message["Subject"] for mail in mail_server.wait_for(20)]
    assert len(subjects) == len(set(subjects)) == 20


def test_a_run_takes_up_no_more_than_it_is_told(post: Post) -> None:
    from adminops.outbox.delivery import deliver_due

    for number in range(3):
        post.ask(number)
    with post.app.app_context():
        assert deliver_due(limit=2).sent == 2
        assert deliver_due(limit=2).sent == 1


def test_an_undone_verb_sends_nothing(post: Post) -> None:
    from adminops.outbox.messages import enqueue_mail

    person = post.person()
    try:
        with post.app.app_context(), transaction() as session:
            enqueue_mail("post.note", to=session.merge(person), number=1)
            raise ValueError
    except ValueError:
        pass
    with post.app.app_context(), transaction(writes=False) as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_the_outbox_holds_ids_only(post: Post) -> None:
    message = post.message(post.ask(3))
    assert (message.arguments, message.kind) == ({"number": 3}, "post.note")


def test_a_refusal_is_not_tried_again_by_itself(post: Post) -> None:
    post.ask()
    never = Lame(Refused("The mail server did not take the recipient (550 5.1.1)."))
    post.deliver(never)
    post.deliver(never, later=DAY)
    assert never.tries == 1


def _by_mail(post: Post) -> MailCourier:
    """Return the courier of mails, with a server that nothing reaches."""
    return MailCourier(Lame(AssertionError("sent")), post.app.extensions["settings"])


def _lose_the_claim(post: Post, number: int, *, later: timedelta = timedelta(0)) -> str:
    """Claim message `number` as a process that dies right afterwards; return its Message-ID."""
    from adminops.outbox import delivery
    from adminops.outbox.letters import message_id

    settings = post.app.extensions["settings"]
    with post.app.app_context(), clock.frozen_at(clock.now() + later):
        claim = delivery._claim(_by_mail(post), delivery.Deliveries())
    assert claim is not None
    assert claim.message_id == number
    return message_id(post.message(number), settings)
