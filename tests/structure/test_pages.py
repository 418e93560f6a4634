"""The generated pages of docs/ say what the code says."""

from adminops.generated import generated_pages
from tests.browsing import Desk
from tests.structure.tree import ROOT


def test_generated_pages_are_fresh(sqlite_desk: Desk) -> None:
    pages = generated_pages(sqlite_desk.app)
    stale = [name for name, text in pages.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `adminops docs`"
