"""A manual page is written in Markdown, published, found by search, and linked from a ticket."""

from adminops.identity.permissions import Role
from tests.journeys.conftest import House


def test_write_publish_find_link(house: House) -> None:
    trainer, reader = house.person(Role.TRAINER), house.person(Role.END_USER)
    writer = house.walker(trainer)
    writer.go("/manuals")
    writer.follow("New page")
    writer.page.locator("[name=title]").fill("Counting bed nights")
    writer.page.locator("[name=section]").fill("Shelters")
    writer.page.locator("[name=body]").fill("## Why\n\nEvery **night** counts once.\n\n- not on the exit date")
    writer.look()
    writer.press("Save draft")
    writer.sees("Draft, as readers would see it")
    writer.look()
    writer.press("Publish")
    writer.sees("Published.")
    writer.look()

    asking = house.walker(reader)
    asking.go("/help/new/something_else")
    asking.page.locator("input[name=subject]").fill("How do I count bed nights?")
    asking.page.locator("textarea").first.fill("We are new to night-by-night.")
    asking.page.get_by_role("main").get_by_role("button", name="Send").first.click()
    asking.sees("How do I count bed nights?")
    path = asking.page.url.removeprefix(house.url).partition("?")[0]
    asking.page.goto("/")
    asking.page.locator("input[name=q]").first.fill("every night counts")
    asking.page.keyboard.press("Enter")
    asking.sees("Counting bed nights")
    asking.follow("Counting bed nights")
    asking.look()

    writer.go(f"{path}/links/new")
    writer.page.locator("#big-search").fill("bed nights")
    writer.page.get_by_role("main").get_by_role("button", name="Search").click()
    writer.page.get_by_role("button", name="Link Counting bed nights").click()
    writer.page.get_by_role("link", name="Counting bed nights").first.wait_for()
    writer.look()
    asking.go(path)
    asking.follow("Counting bed nights")
    asking.sees("not on the exit date")
