"""Several pairs of one kind on one page, on both databases."""

import re
from datetime import timedelta

from sqlalchemy import select

from adminops import clock
from adminops.facts import ClientViewed
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.identity.models import SYSTEM
from dedupe.batch.operations import review_batch
from dedupe.batch.queries import pairs_of_kind
from dedupe.models import Decision, Evidence, Pair, PairState
from dedupe.operations import keep_apart, merge_pair, review_pair
from tests.browsing import Desk
from tests.dedupe.test_operations import Facts
from tests.make import make_admin
from tests.make_dedupe import MADE, make_client, make_pair, make_project, make_service, make_source, make_stay


def of_number(source: HmisSource, **over: object) -> Pair:
    return make_pair(make_client(source), make_client(source), **{"evidence": Evidence.NUMBER, **over})  # type: ignore[arg-type]


def test_only_plain_pairs_of_one_kind_come_together(source: HmisSource, facts: Facts) -> None:
    reviewer, colleague = make_admin(), make_admin()
    plain, again = of_number(source), of_number(source, score=80)
    held, safe = of_number(source), of_number(source)
    of_number(source, has_conflict=True), of_number(source, evidence=Evidence.CLOSE)
    of_number(source, warnings=["Both were in two shelters in one night."])
    of_number(source, changes=["SSN: was 1 digit differs, is now same."])
    of_number(source, state=PairState.DEFERRED)
    several, third = of_number(source), make_client(source)
    merge_pair(
        make_pair(several.low_client, third, evidence=Evidence.CLOSE),
        destination_client_id=several.low_client_id,
        choices={},
        by=reviewer,
    )
    review_pair(held, by=colleague)
    make_stay(safe.low_client, make_project(source, victim_services=True))
    facts()
    shown = review_batch(pairs_of_kind(Evidence.NUMBER, reviewer), by=reviewer)
    assert shown == [plain, again]
    assert facts() == [
        ClientViewed(client_id=id_) for pair in shown for id_ in (pair.low_client_id, pair.high_client_id)
    ]
    assert (plain.claimed_by_id, held.claimed_by_id, safe.claimed_by_id) == (reviewer.id, colleague.id, None)
    review_batch(pairs_of_kind(Evidence.NUMBER, reviewer), by=reviewer)
    assert facts() == [], "still the same look"
    assert review_batch(pairs_of_kind(Evidence.NUMBER, colleague), by=colleague) == [held]
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert plain in review_batch(pairs_of_kind(Evidence.NUMBER, colleague), by=colleague)


def test_a_batch_says_which_record_stays_all_that_differs_and_what_moves(desk: Desk) -> None:
    with desk.work():
        source, reviewer = make_source(), make_admin()
        newer = make_client(source, "C2", veteran_status=1, white=1, date_created=MADE + timedelta(days=9))
        older = make_client(source, "C1", veteran_status=0, asian=1, date_updated=MADE + timedelta(days=20))
        make_service(make_stay(newer, make_project(source)))
        make_stay(older, make_project(source))
        pair = make_pair(newer, older, evidence=Evidence.NUMBER)
    visitor = desk.signed_in(reviewer)
    page = visitor.get("/duplicates/batch?evidence=number")
    assert page.says("Client C1 stays, C2 is folded into it: 1 enrollment and 1 service move.")
    assert page.says("Race and ethnicity Asian or Asian American kept White Different")
    assert page.says("Veteran status No Yes kept")
    (seen,) = re.findall(r'name="seen-\d+" value="(\w+)"', page.html)
    visitor.post("/duplicates/batch", {f"pair-{pair.id}": "merge", f"seen-{pair.id}": seen})
    with desk.look() as session:
        merge = session.scalars(select(Merge)).one()
        assert merge.destination_client_id == older.id
        assert {choice.unit: choice.client_id for choice in merge.choices}["veteran"] == newer.id


def test_each_pair_of_a_batch_is_decided_by_its_own_word(desk: Desk) -> None:
    with desk.work():
        source, reviewer = make_source(), make_admin()
        pairs = [of_number(source, score=90 - at) for at in range(4)]
    visitor = desk.signed_in(reviewer)
    page = visitor.get("/duplicates/batch?evidence=number")
    assert page.says("Look at each.")
    seen = dict(re.findall(r'name="seen-(\d+)" value="(\w+)"', page.html))
    assert list(map(int, seen)) == [pair.id for pair in pairs]
    with desk.work() as session:
        session.get_one(Client, pairs[3].low_client_id).import_id = 99
    words = ("merge", "apart", "", "merge")
    data = {f"pair-{pair.id}": word for pair, word in zip(pairs, words, strict=True)}
    data |= {f"seen-{number}": version for number, version in seen.items()}
    hostile = {"pair-x": "merge", "pair-99999": "merge", "pair-²": "apart"}
    told = visitor.post("/duplicates/batch?evidence=number", {**data, **hostile}, follow=True)
    assert told.says("1 merged, 1 kept apart. Each can be taken back.")
    assert told.says(
        f"Pair {pairs[3].id}: These records, or what was decided about them, have changed since you opened this page."
    )
    with desk.look() as session:
        states = [session.get_one(Pair, pair.id).state for pair in pairs]
        assert states == [PairState.MERGED, PairState.APART, PairState.OPEN, PairState.OPEN]
        assert len(session.scalars(select(Merge)).all()) == 1
    visitor.post("/duplicates/batch", {f"pair-{pairs[2].id}": "merge"})
    with desk.look() as session:
        assert session.get_one(Pair, pairs[2].id).state is PairState.OPEN, "nobody saw what is decided"
    assert visitor.get("/duplicates/batch?evidence=close").says("No pair of this kind waits")


def test_a_batch_says_of_each_pair_why_it_was_not_decided(desk: Desk) -> None:
    with desk.work():
        source, rita, carl = make_source(), make_admin(name="Rita Reviewer"), make_admin(name="Carl Colleague")
        plain, apart, merged, held, second, gone = (of_number(source, score=90 - at) for at in range(6))
    visitor = desk.signed_in(rita)
    page = visitor.get("/duplicates/batch?evidence=number")
    seen = {f"seen-{number}": mark for number, mark in re.findall(r'name="seen-(\d+)" value="(\w+)"', page.html)}
    with clock.frozen_at(clock.now() + timedelta(minutes=16)), desk.work() as session:
        keep_apart(session.get_one(Pair, apart.id), by=carl)
        merge_pair(session.get_one(Pair, merged.id), destination_client_id=merged.low_client_id, choices={}, by=SYSTEM)
        review_pair(session.get_one(Pair, held.id), by=carl)
        session.get_one(Pair, second.id).warnings = ["Both were in two shelters in one night."]
        session.get_one(Pair, gone.id).state = PairState.GONE
    with clock.frozen_at(clock.now() + timedelta(minutes=17)):
        words = {f"pair-{pair.id}": "merge" for pair in (plain, apart, merged, held, second, gone)}
        told = visitor.post("/duplicates/batch?evidence=number", {**words, **seen}, follow=True)
    assert told.says("1 merged. Each can be taken back.")
    for pair, sentence in (
        (apart, "Carl Colleague has kept the two apart meanwhile."),
        (merged, "AdminOps has merged it meanwhile."),
        (held, "Carl Colleague is looking at it."),
        (second, "Something is new about it. Look at it by itself."),
        (gone, "It is no longer proposed."),
    ):
        assert told.says(f"Pair {pair.id}: {sentence}"), sentence


def test_pairs_decided_on_one_page_share_the_time_that_it_took(desk: Desk) -> None:
    with desk.work():
        source, reviewer = make_source(), make_admin()
        pairs = [of_number(source, score=90 - at) for at in range(3)]
    opened, visitor, url = clock.now(), desk.signed_in(reviewer), "/duplicates/batch?evidence=number"

    def decide(seconds: int, *chosen: Pair) -> None:
        with clock.frozen_at(opened + timedelta(seconds=seconds)):
            page = visitor.get(url)
            seen = {
                f"seen-{number}": mark for number, mark in re.findall(r'name="seen-(\d+)" value="(\w+)"', page.html)
            }
            visitor.post(url, {f"pair-{pair.id}": "apart" for pair in chosen} | seen)

    with clock.frozen_at(opened):
        visitor.get(url)
    decide(60, *pairs[:2])
    decide(75, pairs[2])
    with desk.look() as session:
        took = select(Decision.seconds).order_by(Decision.id)
        assert list(session.scalars(took)) == [30, 30, 15]
