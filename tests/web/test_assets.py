"""The files under /assets/: where they come from, how they are sent, and how heavy they are."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from adminops.app import AdminOps
from adminops.web import assets as kit
from adminops.web.assets import FONT, STATIC, Assets, minify, stylesheet
from adminops.web.icons import ICONS, sprite
from tests.structure.tree import PACKAGES, ROOT

# What the browsers on the floor (Chrome 109, Firefox 115, Safari 15.4) do not read.
BANNED = (
    "oklch(",
    "oklab(",
    "lch(",
    "color-mix(",
    "light-dark(",
    "@container",
    "@scope",
    "@starting-style",
    "[popover]",
    ":popover-open",
    "anchor-name",
    "field-sizing",
    "animation-timeline",
    "100dvh",
    "100svh",
)


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Assets:
    return Assets(tmp_path_factory.mktemp("home"))


def source_files() -> list[Path]:
    return sorted((STATIC / "css").rglob("*.css"))


def test_every_file_of_the_kit_is_there(assets: Assets) -> None:
    modules = {path.name for path in (STATIC / "js").glob("*.js")}
    sheets = {path.name for path in (STATIC / "css" / "pages").glob("*.css")}
    others = {"app.css", "without-js.css", "htmx.js", "icons.svg", "favicon.svg", FONT}
    assert assets.names == modules | sheets | others


def test_the_same_files_give_the_same_build(assets: Assets, tmp_path: Path) -> None:
    assert Assets(tmp_path).build == assets.build


def test_the_address_holds_the_build(assets: Assets) -> None:
    assert assets.url("app.css") == f"/assets/{assets.build}/app.css"


def test_an_unknown_name_is_refused_with_a_sentence(assets: Assets) -> None:
    with pytest.raises(LookupError, match=r"no asset named 'missing\.js'"):
        assets.url("missing.js")
    with pytest.raises(LookupError, match="no asset named"):
        assets.response(assets.build, "../settings.py", "")


def test_a_file_of_this_build_may_be_kept_for_a_year(assets: Assets) -> None:
    headers = assets.response(assets.build, "app.css", "").headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Type"] == "text/css; charset=utf-8"


def test_a_file_asked_for_by_an_older_build_is_not_kept(assets: Assets) -> None:
    assert assets.response("000000000000", "app.css", "").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", None), ("identity", None)],
)
def test_a_file_is_packed_as_well_as_the_browser_reads(assets: Assets, accepted: str, encoding: str | None) -> None:
    plain = assets.response(assets.build, "app.css", "").body
    answer = assets.response(assets.build, "app.css", accepted)
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding or "", bytes)(answer.body)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert unpacked == plain


def test_the_typeface_is_packed_already(assets: Assets) -> None:
    answer = assets.response(assets.build, FONT, "br, gzip")
    assert "Content-Encoding" not in answer.headers
    assert answer.body.startswith(b"wOF2")


def test_the_typeface_is_cut_once_and_read_from_the_cache_afterwards(tmp_path: Path) -> None:
    first = Assets(tmp_path)
    assert not (tmp_path / "cache").exists(), "a command that shows no page cuts nothing"
    assert first.font_url()
    kept = next((tmp_path / "cache").glob("public-sans-*.woff2"))
    kept.write_bytes(b"wOF2 from the cache")
    again = Assets(tmp_path)
    assert again.response(again.build, FONT, "").body == b"wOF2 from the cache"


def test_a_typeface_that_cannot_be_cut_leaves_the_systems_one() -> None:
    assert kit._subset(b"this is no typeface") is None
    assert "@font-face" not in stylesheet(with_font=False)
    assert "@font-face" in stylesheet(with_font=True)


def test_a_cache_that_cannot_be_written_does_not_stop_the_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the folder should be")
    assert Assets(home).font_url() is not None


def test_the_first_visit_is_light(assets: Assets) -> None:
    """All files but those of single pages; with 7 kB of page that stays under 75 kB in all."""
    single = {path.name for path in (STATIC / "css" / "pages").glob("*.css")} | {"comparison.js", "without-js.css"}
    for encoding in ("br", "gzip"):
        weight = sum(len(assets.response(assets.build, name, encoding).body) for name in assets.names - single)
        assert weight <= 68_000, f"{weight} bytes with {encoding}"


def test_the_style_sheet_is_light(assets: Assets) -> None:
    assert len(assets.response(assets.build, "app.css", "gzip").body) <= 12_000


def test_the_server_sends_them(sqlite_app: AdminOps) -> None:
    client = sqlite_app.test_client()
    page = client.get("/style-guide/sign_in").get_data(as_text=True)
    address = re.search(r'href="(/assets/[0-9a-f]{12}/app\.css)"', page)
    assert address is not None
    answer = client.get(address.group(1), headers={"Accept-Encoding": "br"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(address.group(1).replace("app.css", "missing.css")).status_code == 404


# The style sheet


def test_only_features_on_the_browser_floor_are_used() -> None:
    used = [(path.name, word) for path in source_files() for word in BANNED if word in path.read_text("utf-8")]
    assert used == []


def rules(css: str) -> Iterator[tuple[str, str]]:
    """Return every block's own prelude and that of the block around it ("" at the top)."""
    around = [""]
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    for text, sign in re.findall(r"([^{};]*)([{};])", plain):
        if sign == "{":
            yield text.strip(), around[-1]
            around.append(text.strip())
        elif sign == "}":
            around.pop()


@pytest.mark.parametrize("path", source_files(), ids=lambda path: path.name)
def test_no_rule_is_nested_in_a_rule(path: Path) -> None:
    nested = [inner for inner, outer in rules(path.read_text("utf-8")) if outer and not outer.startswith("@")]
    assert nested == []


def test_a_nested_rule_would_be_found() -> None:
    assert list(rules(".a { color: red; .b { color: blue; } }")) == [(".a", ""), (".b", ".a")]


@pytest.mark.parametrize("path", source_files(), ids=lambda path: path.name)
def test_colours_are_tokens(path: Path) -> None:
    if path.name.startswith("tokens"):
        return
    raw = re.findall(r":[^;{]*(#[0-9a-fA-F]{3,8})\b", path.read_text("utf-8"))
    assert raw == [], "a colour belongs into tokens.css"


def test_every_token_that_is_used_is_defined() -> None:
    sheet = stylesheet(with_font=True)
    defined = set(re.findall(r"(--[\w-]+):", sheet))
    assert set(re.findall(r"var\((--[\w-]+)", sheet)) - defined == set()


def test_dark_colours_reach_those_who_chose_dark_and_those_whose_device_is_dark() -> None:
    sheet = stylesheet(with_font=True)
    assert '@media screen{:root[data-theme="dark"]{' in sheet
    assert '@media screen and (prefers-color-scheme:dark){:root[data-theme="auto"]{' in sheet


def test_a_smaller_sheet_says_the_same() -> None:
    css = """/* a comment */
    .a > .b , .c {
      content: "  /* no comment */ ; ";
      margin: calc(1px + 2px) 0;
    }
    @media (max-width: 820px) { .d { color: red; } }"""
    assert minify(css) == (
        '.a>.b,.c{content:"  /* no comment */ ; ";margin:calc(1px + 2px) 0}@media (max-width:820px){.d{color:red}}'
    )


def test_the_styles_of_a_page_stand_in_the_layer_of_the_components(assets: Assets) -> None:
    sheet = assets.response(assets.build, "comparison.css", "").body.decode()
    assert sheet.startswith("@layer components{.comparison{")


# Icons and scripts


def used_icons() -> Iterator[tuple[str, str]]:
    """Every icon that a template or a feature names, with its file."""
    called = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']""")
    given = re.compile(r"""\b(?:icon|icon_name|picture)=["']([a-z0-9-]+)["']""")
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".html", ".py"):
                text = path.read_text("utf-8")
                for name in called.findall(text) + given.findall(text):
                    yield str(path.relative_to(ROOT)), name


def test_every_icon_in_use_is_in_the_sprite() -> None:
    assert [(file, name) for file, name in used_icons() if name not in ICONS] == []


def test_the_search_for_icons_finds_some() -> None:
    assert ("adminops/templates/shell/topbar.html", "search") in set(used_icons())


def test_the_sprite_holds_every_icon_of_the_list() -> None:
    drawn = re.findall(r'<symbol id="([^"]+)" viewBox="0 0 24 24"><', sprite().decode())
    assert tuple(drawn) == ICONS


def test_icons_are_listed_once_in_order() -> None:
    assert list(ICONS) == sorted(set(ICONS))


def test_every_module_a_script_imports_is_served(assets: Assets) -> None:
    for path in (STATIC / "js").glob("*.js"):
        imported = re.findall(r"""(?:from|import) '\./([\w.-]+)'""", path.read_text("utf-8"))
        assert set(imported) <= assets.names, path.name


def test_scripts_never_write_markup_or_evaluate_text() -> None:
    dangerous = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    found = [path.name for path in (STATIC / "js").glob("*.js") if dangerous.search(path.read_text("utf-8"))]
    assert found == []
