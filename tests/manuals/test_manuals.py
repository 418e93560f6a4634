"""Manuals: writing, publishing, reading, finding."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from adminops.errors import Conflict, InvalidState, NotAllowed
from adminops.identity.permissions import Role
from manuals import queries, rendering
from manuals.models import PageState
from manuals.operations import publish_page, retire_page, save_draft, write_page
from tests.browsing import Desk
from tests.make import make_user


def test_readers_see_a_page_once_it_is_published(session: Session) -> None:
    writer, trainer, reader = make_user(Role.HELP_DESK), make_user(Role.TRAINER), make_user()
    page = write_page(title="Bed nights", section="Shelter", body="Count the bed.", by=writer)
    assert queries.find_page(page.slug, reader) is None
    publish_page(page, by=trainer)
    assert queries.find_page(page.slug, reader) is page
    assert [row.title for row, _ in queries.search("BED count", reader)] == ["Bed nights"]


def test_a_newer_draft_changes_nothing_for_readers(session: Session) -> None:
    trainer, reader = make_user(Role.TRAINER), make_user()
    page = write_page(title="Bed nights", section="Shelter", body="Count the bed.", by=trainer)
    publish_page(page, by=trainer)
    save_draft(page, title="Bed days", section="Shelter", body="Count the days.", version=page.version, by=trainer)
    assert (page.title, queries.search("days", reader)) == ("Bed nights", [])
    publish_page(page, by=trainer)
    assert (page.title, page.revision, page.slug) == ("Bed days", 2, "bed-nights")


def test_two_writers_do_not_overwrite_each_other(session: Session) -> None:
    trainer = make_user(Role.TRAINER)
    page = write_page(title="Bed nights", section="Shelter", body="One", by=trainer)
    began = page.version
    save_draft(page, title="Bed nights", section="Shelter", body="Two", version=began, by=trainer)
    with pytest.raises(Conflict):
        save_draft(page, title="Bed nights", section="Shelter", body="Three", version=began, by=trainer)
    assert page.draft_body == "Two"


def test_only_some_may_publish_and_nothing_twice(session: Session) -> None:
    writer, trainer = make_user(Role.HELP_DESK), make_user(Role.TRAINER)
    page = write_page(title="Bed nights", section="Shelter", body="One", by=writer)
    with pytest.raises(NotAllowed):
        publish_page(page, by=writer)
    publish_page(page, by=trainer)
    with pytest.raises(InvalidState):
        publish_page(page, by=trainer)


def test_an_end_user_writes_nothing(session: Session) -> None:
    with pytest.raises(NotAllowed):
        write_page(title="Mine", section="Mine", body="Mine", by=make_user())


def test_a_retired_page_is_gone_for_readers_and_comes_back(session: Session) -> None:
    trainer, reader = make_user(Role.TRAINER), make_user()
    page = write_page(title="Bed nights", section="Shelter", body="One", by=trainer)
    publish_page(page, by=trainer)
    retire_page(page, by=trainer)
    assert queries.find_page(page.slug, reader) is None
    assert queries.search("bed", reader) == []
    publish_page(page, by=trainer)
    assert page.state is PageState.PUBLISHED


def test_pages_of_one_title_get_addresses_of_their_own(session: Session) -> None:
    trainer = make_user(Role.TRAINER)
    slugs = [write_page(title="New", section="S", body="x", by=trainer).slug for _ in range(3)]
    assert slugs == ["new-2", "new-3", "new-4"]
    assert write_page(title="¿¡!?", section="S", body="x", by=trainer).slug == "page"


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "[x](data:text/html,<script>1</script>)",
        "![x](javascript:alert(1))",
        "<a href='x' onclick='y'>z</a>",
    ],
)
def test_markdown_lets_no_script_through(source: str) -> None:
    html = str(rendering.render(source)).lower()
    assert not any(f'="{scheme}' in html for scheme in ("javascript:", "data:"))
    assert not any(tag in html for tag in ("<script", "<img", "<a href='x'", 'onclick="', 'onerror="'))


def test_headings_are_one_level_below_the_page_heading() -> None:
    source = "# One\n\ntext\n\n## Two\n"
    assert "<h1" not in rendering.render(source)
    assert [(heading.level, heading.text) for heading in rendering.headings(source)] == [(2, "One"), (2, "Two")]


def test_a_page_is_written_published_found_and_read(desk: Desk) -> None:
    with desk.work():
        trainer, reader = make_user(Role.TRAINER), make_user()
    visitor = desk.signed_in(trainer)
    draft = visitor.post(
        "/manuals/new",
        {"title": "Bed nights", "section": "Shelter", "body": "## Why\n\nCount **every** bed."},
        follow=True,
    )
    assert draft.says("Draft, as readers would see it")
    visitor.post("/manuals/bed-nights/draft", {"note": "First"}, follow=True)
    reading = desk.signed_in(reader)
    assert reading.get("/manuals").link("Bed nights") == "/manuals/bed-nights"
    assert "<strong>every</strong>" in reading.get("/manuals/bed-nights").html
    found = reading.get("/search?q=every+bed")
    assert found.link("Bed nights") == "/manuals/bed-nights"
    assert found.says("Count every bed.")
    assert reading.get("/manuals?q=zebra").says("No page holds all these words")
    assert reading.get("/manuals/bed-nights/history").says("Revision 1")
    reading.get("/manuals/bed-nights/history/1")
    reading.get("/manuals/bed-nights/history/2", status=404)
    reading.get("/manuals/bed-nights/edit", status=403)
    reading.get("/manuals/unknown", status=404)


def test_missing_and_overlong_fields_are_said_at_the_field(desk: Desk) -> None:
    with desk.work():
        trainer = make_user(Role.TRAINER)
    page = desk.signed_in(trainer).post("/manuals/new", {"title": "", "section": "x" * 300, "body": "kept"}, status=422)
    assert page.says("Give the page a title.")
    assert "kept" in page.html


def test_retiring_asks_first(desk: Desk) -> None:
    with desk.work():
        trainer = make_user(Role.TRAINER)
        publish_page(write_page(title="Old", section="S", body="x", by=trainer), by=trainer)
    visitor = desk.signed_in(trainer)
    assert visitor.get("/manuals/old/retire").heading == "Retire this page?"
    assert visitor.post("/manuals/old/retire", follow=True).says("Retired")
    visitor.post("/manuals/old/retire", status=422)


def test_pages_cost_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work():
        trainer, reader = make_user(Role.TRAINER), make_user()
        for number in range(30):
            publish_page(write_page(title=f"Page {number}", section="S", body="words", by=trainer), by=trainer)
    visitor = desk.signed_in(reader)
    for url in ("/manuals", "/manuals/page-3", "/manuals?q=words", "/manuals/page-3/history"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url
