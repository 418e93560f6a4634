"""Merges to which a second person has to agree, on both databases."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import ClientsMerged, ClientViewed, MergeProposed, MergeRefused, MergeWithdrawn
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.identity.models import SYSTEM, User
from adminops.outbox.models import OutboxMessage
from dedupe import policies
from dedupe.conflicts import persons_of, why_second
from dedupe.emails import merge_refused, second_wanted
from dedupe.models import Act, Decision, Pair, PairState
from dedupe.operations import keep_apart, merge_pair, review_pair, undo_merge
from dedupe.scanning import begin_scan, finish_scan, look_for, scan_store
from dedupe.seconds.models import Answer, Proposal
from dedupe.seconds.operations import agree_to_merge, decide_merge, refuse_merge, take_back_merge
from dedupe.seconds.queries import count_waiting, list_waiting
from dedupe.settling import take_out_protected
from tests.browsing import Desk, Page, Visitor
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_exit, make_pair, make_project, make_service, make_source, make_stay

Facts = Callable[[], list[Any]]


def why(pair: Pair) -> list[str]:
    return why_second(pair, *persons_of(pair.low_client, pair.high_client))


def pair_of(source: HmisSource, one: dict[str, Any], other: dict[str, Any]) -> Pair:
    return make_pair(make_client(source, **one), make_client(source, **other))


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({"ssn": "219450817"}, {"ssn": "219450818"}, "two different full SSNs"),
        ({"ssn": "219450817"}, {"ssn": "xxxxx0999"}, None),
        ({"dob": date(1985, 5, 17)}, {"dob": date(1990, 11, 3)}, "neither day, month nor year"),
        ({"dob": date(1985, 5, 7)}, {"dob": date(1985, 7, 5)}, None),
        ({"dob": date(1985, 5, 17)}, {"dob": date(1990, 11, 3), "dob_data_quality": 2}, None),
    ],
)
def test_what_speaks_against_one_person_needs_a_second(
    source: HmisSource, one: dict[str, Any], other: dict[str, Any], says: str | None
) -> None:
    found = why(pair_of(source, one, other))
    assert [says in sentence for sentence in found] == [True] * (says is not None)


def test_a_conflict_of_another_record_of_the_person_counts(source: HmisSource, reviewer: User) -> None:
    a, b = make_client(source), make_client(source, ssn="219450817")
    merge_pair(make_pair(a, b), destination_client_id=a.id, choices={}, by=reviewer)
    assert why(make_pair(a, make_client(source, ssn="219450818"))) == ["The two have two different full SSNs."]


def test_stays_can_speak_against_one_person(clients: list[Client], source: HmisSource) -> None:
    a, b, c = clients
    project = make_project(source)
    make_exit(make_stay(a, project), date(2026, 2, 1), destination=24)
    after_death = make_stay(b, make_project(source))
    assert why(make_pair(a, b)) == []
    make_service(after_death, date(2026, 2, 2))
    assert why(db.session.scalars(select(Pair)).one()) == ["One was seen after a stay of the other ended with death."]
    for client in (b, c):
        make_stay(client, project, household_id="H-1")
    assert "members of one household" in why(make_pair(b, c))[0]


def test_what_the_scan_found_and_many_stays_need_a_second(clients: list[Client], source: HmisSource) -> None:
    a, b, _ = clients
    pair = make_pair(a, b, has_conflict=True)
    assert why(pair) == ["The scan found something that speaks against one person."]
    pair.has_conflict = False
    for _number in range(21):
        make_stay(b, make_project(source))
    assert why(pair) == ["More than 20 stays would move."]
    assert why_second(pair, *persons_of(b, a)) == [], "none moves this way round"


def test_a_conflict_is_not_dodged_by_way_of_a_third_record(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    twins = make_pair(a, b, has_conflict=True)
    ac, bc = make_pair(a, c), make_pair(b, c)
    assert why(ac) == []
    decide_merge(ac, destination_client_id=a.id, choices={}, by=reviewer)
    (crossing,) = why(bc)
    assert f"speaks against one person in pair {twins.id}, which this merge joins, too." in crossing
    with pytest.raises(InvalidState, match="second person"):
        merge_pair(bc, destination_client_id=b.id, choices={}, by=reviewer)
    twins.state = PairState.SETTLED
    assert why(bc) == [crossing], "what other decisions settle was a conflict all the same"
    twins.state = PairState.GONE
    assert why(bc) == [], "a scan found that it is none"


def test_a_conflict_within_one_of_the_persons_says_nothing_about_the_two(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    merge_pair(make_pair(a, b), destination_client_id=a.id, choices={}, by=reviewer)
    db.session.scalars(select(Pair)).one().has_conflict = True
    assert why(make_pair(b, c)) == []


def seen_on(page: Page) -> str:
    """Return the mark of what a page showed."""
    (mark,) = re.findall(r'name="seen" value="(\w+)"', page.html)
    return str(mark)


@pytest.fixture
def doubtful(source: HmisSource) -> Pair:
    """A pair that needs a second person."""
    return pair_of(source, {"ssn": "219450817"}, {"ssn": "219450818"})


def decide(pair: Pair, by: User, **over: Any) -> Merge | Proposal:
    values = {"destination_client_id": pair.low_client_id, "choices": {"name": "source"}, "reason": "Papers"}
    return decide_merge(pair, **{**values, **over}, by=by)


def proposed(pair: Pair, by: User) -> Proposal:
    outcome = decide(pair, by)
    assert isinstance(outcome, Proposal)
    return outcome


def test_one_person_decides_and_another_one_agrees(doubtful: Pair, reviewer: User, facts: Facts) -> None:
    colleague = make_admin()
    review_pair(doubtful, by=reviewer)
    facts()
    proposal = proposed(doubtful, reviewer)
    assert (doubtful.state, doubtful.claimed_by_id, count_waiting()) == (PairState.SECOND, None, 1)
    assert facts() == [MergeProposed(pair_id=doubtful.id)]
    assert db.session.scalar(select(func.count(Merge.id))) == 0
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "dedupe.second_wanted")).all()
    assert [mail.recipient_id for mail in mails] == [colleague.id]
    with pytest.raises(NotAllowed, match="yourself"):
        agree_to_merge(proposal, by=reviewer)
    with pytest.raises(NotAllowed):
        agree_to_merge(proposal, by=make_user())
    merge = agree_to_merge(proposal, by=colleague)
    assert (doubtful.state, merge.reason, proposal.answer) == (PairState.MERGED, "Papers", Answer.AGREED)
    assert [choice.unit for choice in merge.choices] == ["name"]
    assert next(fact for fact in facts() if isinstance(fact, ClientsMerged)).merge_id == merge.id
    with pytest.raises(InvalidState, match="any more"):
        agree_to_merge(proposal, by=colleague)
    acts = [(each.act, each.by_id) for each in db.session.scalars(select(Decision).order_by(Decision.id))]
    assert acts == [(Act.PROPOSED, reviewer.id), (Act.CONFIRMED, colleague.id)]
    assert second_wanted(to_id=colleague.id, day="2026-11-27") is None


def test_a_refusal_needs_a_reason_and_puts_the_pair_back(doubtful: Pair, reviewer: User, facts: Facts) -> None:
    colleague, proposal = make_admin(), proposed(doubtful, reviewer)
    with pytest.raises(Invalid, match="Say why"):
        refuse_merge(proposal, reason=" ", by=colleague)
    with pytest.raises(NotAllowed, match="Take it back"):
        refuse_merge(proposal, reason="Twins", by=reviewer)
    facts()
    refuse_merge(proposal, reason="Twins", by=colleague)
    assert (doubtful.state, proposal.answer, proposal.answer_reason) == (PairState.OPEN, Answer.REFUSED, "Twins")
    assert facts() == [MergeRefused(pair_id=doubtful.id)]
    mail = merge_refused(to_id=reviewer.id, proposal=proposal.id)
    assert mail is not None
    assert mail.link == f"/duplicates/pairs/{doubtful.id}"
    again = proposed(doubtful, colleague)
    db.session.expire(doubtful)
    assert doubtful.proposals == [proposal, again]
    assert merge_refused(to_id=reviewer.id, proposal=proposal.id) is None


def test_who_proposed_a_merge_may_take_it_back(doubtful: Pair, reviewer: User, facts: Facts) -> None:
    proposal = proposed(doubtful, reviewer)
    with pytest.raises(NotAllowed, match="Refuse it"):
        take_back_merge(proposal, by=make_admin())
    facts()
    take_back_merge(proposal, by=reviewer)
    assert (doubtful.state, proposal.answer, facts()) == (
        PairState.OPEN,
        Answer.WITHDRAWN,
        [MergeWithdrawn(pair_id=doubtful.id)],
    )


def test_a_merge_that_needs_a_second_is_neither_made_alone_nor_without_a_reason(doubtful: Pair, reviewer: User) -> None:
    with pytest.raises(InvalidState, match="A second person has to agree"):
        merge_pair(doubtful, destination_client_id=doubtful.low_client_id, choices={}, by=reviewer)
    with pytest.raises(Invalid, match="Say why they are one person") as refused:
        decide(doubtful, reviewer, reason="")
    assert (refused.value.field, doubtful.state) == ("reason", PairState.OPEN)


def test_other_decisions_let_a_proposal_lapse(doubtful: Pair, reviewer: User) -> None:
    proposal, third = proposed(doubtful, reviewer), make_client(make_source())
    low, high = doubtful.low_client, doubtful.high_client
    merge_pair(make_pair(low, third), destination_client_id=low.id, choices={}, by=reviewer)
    keep_apart(make_pair(high, third), by=reviewer)
    assert (doubtful.state, count_waiting(), list_waiting().rows) == (PairState.SETTLED, 0, [])
    with pytest.raises(InvalidState, match="any more"):
        agree_to_merge(proposal, by=make_admin())


def test_a_proposal_lapses_when_one_of_the_two_has_left(doubtful: Pair, reviewer: User) -> None:
    proposal = proposed(doubtful, reviewer)
    doubtful.high_client.removed_at = clock.now()
    db.session.flush()
    scan = scan_store()
    assert (doubtful.state, scan.counts["gone"], count_waiting()) == (PairState.GONE, 1, 0)
    assert (proposal.answer, proposal.answered_at is None, proposal.answered_by_id) == (Answer.LAPSED, False, None)


def test_a_scan_of_what_changed_finds_the_proposals_whose_records_have_left(doubtful: Pair, reviewer: User) -> None:
    scan_store()
    proposal = proposed(doubtful, reviewer)
    doubtful.high_client.removed_at = clock.now()
    db.session.flush()
    scan = begin_scan(is_full=False, by=SYSTEM)
    finish_scan(scan, look_for(scan))
    assert (scan.is_full, doubtful.state, proposal.answer) == (False, PairState.GONE, Answer.LAPSED)


def test_a_proposal_lapses_with_every_way_out_of_waiting(source: HmisSource, reviewer: User) -> None:
    settled, protected = (pair_of(source, {"ssn": "219450817"}, {"ssn": "219450818"}) for _ in range(2))
    proposals = [proposed(each, reviewer) for each in (settled, protected)]
    third = make_client(source)
    merge_pair(make_pair(settled.low_client, third), destination_client_id=third.id, choices={}, by=reviewer)
    keep_apart(make_pair(settled.high_client, third), by=reviewer)
    make_stay(protected.low_client, make_project(source, victim_services=True))
    take_out_protected()
    assert [each.state for each in (settled, protected)] == [PairState.SETTLED, PairState.GONE]
    assert [each.answer for each in proposals] == [Answer.LAPSED, Answer.LAPSED]


def test_a_scan_brings_a_pair_that_waits_up_to_date_and_leaves_it(doubtful: Pair, reviewer: User) -> None:
    proposal = proposed(doubtful, reviewer)
    assert doubtful.score == 90
    scan_store()
    alike = doubtful.score
    doubtful.high_client.first_name, doubtful.high_client.dob = "Bartholomew", date(1950, 12, 24)
    db.session.flush()
    scan = scan_store()
    assert (alike == 90, doubtful.score < alike) == (False, True)
    assert (doubtful.state, proposal.is_waiting, scan.counts["gone"]) == (PairState.SECOND, True, 0)


def test_who_saw_another_version_decides_nothing(pair: Pair, reviewer: User) -> None:
    seen = policies.version_of(pair)
    pair.low_client.import_id = 99
    db.session.flush()
    for verb in (
        lambda: decide(pair, reviewer, seen=seen),
        lambda: keep_apart(pair, seen=seen, by=reviewer),
    ):
        with pytest.raises(Conflict, match="have changed since you opened"):
            verb()
    assert isinstance(decide(pair, reviewer, seen=policies.version_of(pair)), Merge)


def test_a_reviewer_and_a_colleague_decide_on_pages(desk: Desk) -> None:
    with desk.work():
        source = make_source()
        pair = pair_of(source, {"ssn": "219450817"}, {"ssn": "219450818"})
        people = [make_admin(name=name) for name in ("Rita Reviewer", "Carl Colleague")]
    first, second = map(desk.signed_in, people)
    url = f"/duplicates/pairs/{pair.id}"
    page = first.get(url)
    assert page.says("A second person has to agree to this merge. The two have two different full SSNs.")
    data = {"act": "merge", "keep": pair.low_client_id, "seen": seen_on(page)}
    assert first.post(url, data, status=422).says("Say why they are one person")
    assert first.post(url, {**data, "reason": "Papers"}, follow=True).says("nothing is merged before that")
    own = first.get(url)
    assert own.says("You decided this merge: somebody else has to agree.")
    assert first.post(f"{url}/answer", {"answer": "agree"}, status=422).says("decided this merge yourself")
    listed = second.get("/duplicates/seconds")
    assert listed.says("Rita Reviewer")
    asked = second.get(listed.link(f"Pair {pair.id}"))
    assert asked.says("“Papers”")
    refuse = {"answer": "refuse", "seen": seen_on(asked)}
    assert second.post(f"{url}/answer", refuse, status=422).says("Say why they should not be merged.")
    assert second.post(f"{url}/answer", {"answer": "maybe"}, status=422).says("Agree or refuse.")
    second.post(f"{url}/answer", {**refuse, "reason": "Twins"})
    refused = first.get(url)
    assert refused.says("A merge of these two was refused. Carl Colleague")
    first.post(url, {**data, "seen": seen_on(refused), "reason": "Papers"})
    agree = {"answer": "agree", "seen": seen_on(second.get(url))}
    assert second.post(f"{url}/answer", agree, follow=True).says("Merged. You can undo it at any time.")
    assert second.post(f"{url}/answer", agree, status=422).says("Nobody has to agree to this merge")


@pytest.fixture
def waiting(desk: Desk) -> tuple[Pair, User]:
    """A pair that waits for a second person, and somebody who may be that."""
    with desk.work():
        source = make_source()
        pair = pair_of(
            source, {"ssn": "219450817", "first_name": "Zebulon"}, {"ssn": "219450818", "first_name": "Zebulun"}
        )
        colleague = make_admin()
        proposed(pair, make_admin())
    return pair, colleague


@pytest.mark.parametrize("data", [{"answer": "maybe"}, {"answer": "agree"}, {"answer": "refuse"}])
def test_an_answer_shows_nothing_of_who_is_protected_since(
    desk: Desk, waiting: tuple[Pair, User], data: dict[str, str], facts: Facts
) -> None:
    pair, colleague = waiting
    with desk.work():
        make_stay(pair.high_client, make_project(db.session.get_one(HmisSource, 1), victim_services=True))
    facts()
    page = desk.signed_in(colleague).post(f"/duplicates/pairs/{pair.id}/answer", data, status=422)
    assert not page.says("Zebulun")
    assert not page.says("Zebulon")
    assert page.says("stays with a victim service provider only")
    assert [fact for fact in facts() if isinstance(fact, ClientViewed)] == []
    with desk.look() as session:
        assert session.get_one(Pair, pair.id).state is PairState.GONE


def test_whoever_is_shown_a_merge_to_agree_to_has_looked_at_both(
    desk: Desk, waiting: tuple[Pair, User], facts: Facts
) -> None:
    pair, colleague = waiting
    visitor = desk.signed_in(colleague)
    looked = [ClientViewed(client_id=id_) for id_ in (pair.low_client_id, pair.high_client_id)]
    url = f"/duplicates/pairs/{pair.id}"
    facts()
    assert visitor.get(url).says("Zebulun")
    assert [fact for fact in facts() if isinstance(fact, ClientViewed)] == looked
    assert visitor.post(f"{url}/answer", {"answer": "maybe"}, status=422).says("Zebulun")
    assert [fact for fact in facts() if isinstance(fact, ClientViewed)] == looked


def test_who_has_to_agree_sees_what_the_first_person_saw(desk: Desk, waiting: tuple[Pair, User]) -> None:
    pair, colleague = waiting
    with desk.work() as session:
        session.get_one(Pair, pair.id).warnings = ["Both have stays on the same nights."]
        source = session.get_one(HmisSource, pair.low_client.source_id)
        project = make_project(source, project_name="Harbor House")
        make_stay(pair.low_client, project, household_id="H-9")
        make_stay(make_client(source, first_name="Ines", last_name="Ruiz"), project, household_id="H-9")
    page = desk.signed_in(colleague).get(f"/duplicates/pairs/{pair.id}")
    assert page.says("Check before merging. Both have stays on the same nights.")
    assert page.says("Harbor House: Ines Ruiz")
    assert page.says("Stays of both")


def test_what_speaks_against_a_merge_since_is_shown_before_somebody_agrees(
    desk: Desk, waiting: tuple[Pair, User]
) -> None:
    pair, colleague = waiting
    visitor, url = desk.signed_in(colleague), f"/duplicates/pairs/{pair.id}"
    before = seen_on(visitor.get(url))
    with desk.work():
        source = db.session.get_one(HmisSource, pair.low_client.source_id)
        stay = make_stay(pair.low_client, make_project(source))
        later = make_stay(pair.high_client, make_project(source), entry=date(2026, 3, 1))
    between = seen_on(visitor.get(url))
    with desk.work():
        make_exit(stay, date(2026, 2, 1), destination=24)
    for seen in (before, between, "", "-"):
        refused = visitor.post(f"{url}/answer", {"answer": "agree", "seen": seen}, status=422)
        assert refused.says(
            "These records, or what was decided about them, have changed since you opened this page."
        ), later.id
    shown = visitor.get(url)
    assert shown.says("New since then: One was seen after a stay of the other ended with death.")
    assert not shown.says("New since then: The two have two different full SSNs.")
    agree = {"answer": "agree", "seen": seen_on(shown)}
    assert visitor.post(f"{url}/answer", agree, follow=True).says("Merged.")


def test_nobody_agrees_unseen_to_more_than_was_proposed(doubtful: Pair, reviewer: User, source: HmisSource) -> None:
    proposal, colleague = proposed(doubtful, reviewer), make_admin()
    doubtful.high_client.dob = date(1990, 11, 3)
    db.session.flush()
    with pytest.raises(Conflict, match="have changed since"):
        agree_to_merge(proposal, by=colleague)
    assert doubtful.state is PairState.SECOND


def test_who_joined_either_person_meanwhile_was_not_seen(clients: list[Client], reviewer: User) -> None:
    a, b, c = clients
    kept, other = make_pair(a, c), make_pair(a, b)
    seen = policies.version_of(kept)
    merge = merge_pair(other, destination_client_id=a.id, choices={}, by=reviewer)
    with pytest.raises(Conflict, match="have changed since you opened"):
        decide(kept, reviewer, destination_client_id=a.id, seen=seen)
    undo_merge(merge, by=reviewer)
    assert policies.version_of(kept) == seen, "all is as it was"
    merge_pair(other, destination_client_id=a.id, choices={}, by=reviewer)
    assert isinstance(decide(kept, reviewer, destination_client_id=a.id, seen=policies.version_of(kept)), Merge)


def test_a_stay_that_came_meanwhile_was_not_seen_but_one_with_victim_services_is_not_told_of(
    pair: Pair, source: HmisSource, reviewer: User
) -> None:
    make_stay(pair.high_client, make_project(source))
    seen = policies.version_of(pair)
    make_stay(pair.high_client, make_project(source, victim_services=True))
    assert policies.version_of(pair) == seen
    make_stay(pair.high_client, make_project(source))
    with pytest.raises(Conflict, match="have changed since you opened"):
        keep_apart(pair, seen=seen, by=reviewer)


class Deciding:
    """A pair that needs a second person, and three reviewers at it, each with pages of their own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.work():
            source = make_source()
            self.pair = pair_of(source, {"ssn": "219450817"}, {"ssn": "219450818"})
            people = [make_admin(name=name) for name in ("Ann Alder", "Ben Birch", "Cyd Cedar")]
        self.ann, self.ben, self.cyd = map(desk.signed_in, people)
        self.url = f"/duplicates/pairs/{self.pair.id}"

    def propose(self, by: Visitor, reason: str, **over: Any) -> None:
        data = {"act": "merge", "keep": self.pair.low_client_id, "seen": seen_on(by.get(self.url)), **over}
        assert by.post(self.url, {**data, "reason": reason}, follow=True).says("nothing is merged before that")

    def answer(self, by: Visitor, answer: str, *, status: int = 302, **said: str) -> Page:
        seen = said.pop("seen", "") or seen_on(by.get(self.url))
        return by.post(f"{self.url}/answer", {"answer": answer, "seen": seen, **said}, status=status)

    def merges(self) -> int:
        with self.desk.look() as session:
            return session.scalar(select(func.count(Merge.id))) or 0

    def state(self) -> PairState:
        with self.desk.look() as session:
            return session.get_one(Pair, self.pair.id).state


@pytest.fixture
def deciding(desk: Desk) -> Deciding:
    """A pair that needs a second person, and three reviewers."""
    return Deciding(desk)


@pytest.mark.parametrize("by_refusal", [False, True])
def test_nobody_answers_another_merge_than_the_one_on_the_page(deciding: Deciding, *, by_refusal: bool) -> None:
    deciding.propose(deciding.ann, "Papers", name="right")
    old = seen_on(deciding.ben.get(deciding.url))
    if by_refusal:
        deciding.answer(deciding.cyd, "refuse", reason="The other one is older")
    else:
        deciding.answer(deciding.ann, "back")
    deciding.propose(deciding.ann, "One card", keep=deciding.pair.high_client_id)
    for answer in ("agree", "refuse"):
        page = deciding.answer(deciding.ben, answer, seen=old, reason="As I saw them", status=422)
        assert page.says("have changed since you opened this page.")
        assert page.says("“One card”"), "the merge as it stands now"
        assert page.says("Sent to a second person: Ann Alder")
        assert "As I saw them</textarea>" in page.html
    assert (deciding.merges(), deciding.state()) == (0, PairState.SECOND)
    deciding.answer(deciding.ben, "agree", seen=seen_on(page))
    assert deciding.merges() == 1


@pytest.mark.parametrize("act", ["merge", "apart", "later"])
def test_who_decides_on_a_refused_merge_is_told_of_it_first(deciding: Deciding, act: str) -> None:
    data = {"act": act, "keep": deciding.pair.low_client_id, "seen": seen_on(deciding.ann.get(deciding.url))}
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        deciding.propose(deciding.ben, "Papers")
        deciding.answer(deciding.cyd, "refuse", reason="Seen side by side")
        page = deciding.ann.post(deciding.url, {**data, "reason": "Papers"}, status=422)
        assert page.says("have changed since you opened this page.")
        assert page.says("Refused: Cyd Cedar")
        assert page.says("“Seen side by side”")
        assert deciding.state() is PairState.OPEN
        assert deciding.ann.post(deciding.url, {**data, "reason": "Papers", "seen": seen_on(page)}, status=302)


def to_copy(page: Page) -> str:
    """Return what a page gives back to be copied."""
    found = re.search(r'<textarea[^>]*id="to-copy"[^>]*readonly[^>]*>([^<]*)</textarea>', page.html)
    return found[1] if found else ""


@pytest.mark.parametrize("answer", ["agree", "refuse"])
def test_a_reason_to_refuse_is_not_lost_when_another_one_answered(deciding: Deciding, answer: str) -> None:
    deciding.propose(deciding.ann, "Papers")
    old = seen_on(deciding.ben.get(deciding.url))
    deciding.answer(deciding.cyd, answer, reason="Two cards")
    late = deciding.answer(deciding.ben, "refuse", seen=old, reason="Two faces", status=422)
    assert late.says("Your decision was not taken Nobody has to agree to this merge any more.")
    assert late.says("Merged." if answer == "agree" else "A merge of these two was refused.")
    assert to_copy(late) == "Two faces"


def test_a_reason_is_not_lost_when_another_one_proposed_the_merge(deciding: Deciding) -> None:
    data = {"act": "merge", "keep": deciding.pair.low_client_id, "seen": seen_on(deciding.ann.get(deciding.url))}
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        deciding.propose(deciding.ben, "Papers")
        page = deciding.ann.post(deciding.url, {**data, "reason": "One card"}, status=422)
    assert page.says("Your decision was not taken This merge waits for a second person.")
    assert to_copy(page) == "One card"
    assert to_copy(deciding.ann.get(deciding.url)) == ""
