"""The files a browser fetches once: style sheet, scripts, icons and the typeface, under one build id.

Our own files lie in `adminops/static`. What others made is never committed: htmx, the icons and Public Sans
come out of hash-pinned wheels. Every file's content goes into the build id, the build id into the address
(`/assets/<build>/<name>`), so that a browser may keep a file for a year and still never shows an old one.
"""

import gzip
import hashlib
import io
import logging
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.metadata import distribution
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import brotli
from flask import Blueprint, Response, abort, request

from adminops.web import icons
from adminops.web.access import PUBLIC, access
from adminops.web.packing import accepted_encoding

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).parent.parent / "static"
FONT: Final = "public-sans.woff2"

# The order of the cascade. Each layer wraps its files, in this order; a later layer wins over an earlier one
# whatever the selectors' weight, so that a utility needs no `!important` and a component never fights the base.
LAYERS: Final[tuple[tuple[str, str], ...]] = (
    ("tokens", "tokens.css"),
    ("base", "base.css"),
    ("layout", "layout.css"),
    ("components", "components/*.css"),
    ("utilities", "utilities.css"),
    ("print", "print.css"),
)

# Latin, Latin Extended-A (Šimůnek, Wałęsa) and the few signs the screens use: 26 kB instead of 103.
CODEPOINTS: Final = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *(0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2020, 0x2022, 0x2026, 0x2039, 0x203A),
    *(0x20AC, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212),
)

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

YEAR: Final = 31_536_000


@dataclass(frozen=True, slots=True)
class AssetResponse:
    """What to send for one file: the bytes in the encoding the browser takes, and the headers that say so."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Assets:
    """Every file under `/assets/`, read once, when a process first shows a page, and held in memory.

    `home` is the folder of the installation; the cut typeface is cached in `home/cache`, because cutting it
    takes a third of a second and reading it nothing. A command that shows no page pays for neither.
    """

    def __init__(self, home: Path) -> None:
        self._cache = home / "cache"
        self._packed: dict[tuple[str, str], bytes] = {}

    # Two threads may read at the same time at the start; both get the same.
    @cached_property
    def _files(self) -> dict[str, bytes]:
        return _collect(self._cache)

    @cached_property
    def build(self) -> str:
        """The digest of all files, which stands in their addresses."""
        digest = hashlib.sha256()
        for name, content in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()[:12]

    @property
    def names(self) -> frozenset[str]:
        """The names of all files."""
        return frozenset(self._files)

    def font_url(self) -> str | None:
        """The address of the typeface, or None where it could not be cut and the system's is used."""
        return self.url(FONT) if FONT in self._files else None

    def url(self, name: str) -> str:
        """Return the address of a file, such as `/assets/3f9a1c0b77de/app.css`.

        Raises LookupError if there is no such file.
        """
        if name not in self._files:
            raise LookupError(f"There is no asset named {name!r}; the files are {', '.join(sorted(self.names))}.")
        return f"/assets/{self.build}/{name}"

    def response(self, build: str, name: str, accept_encoding: str) -> AssetResponse:
        """Return a file, packed as well as the browser can read it.

        A page that was open while a new version was installed may ask for the build of yesterday: it gets
        today's file, which must then not be kept under yesterday's address.

        Raises LookupError if there is no such file.
        """
        if name not in self._files:
            raise LookupError(f"There is no asset named {name!r}.")
        headers = {
            "Content-Type": TYPES[Path(name).suffix],
            "Cache-Control": f"public, max-age={YEAR}, immutable" if build == self.build else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        encoding = _encoding(name, accept_encoding)
        if not name.endswith(".woff2"):
            headers["Vary"] = "Accept-Encoding"
        if encoding:
            headers["Content-Encoding"] = encoding
        return AssetResponse(self._pack(name, encoding), headers)

    def _pack(self, name: str, encoding: str) -> bytes:
        # Packed when first asked for and kept: doing all at the start would cost every start a second.
        # Two threads may pack the same file at once; both get the same bytes.
        if not encoding:
            return self._files[name]
        key = (name, encoding)
        if key not in self._packed:
            pack = _brotli if encoding == "br" else _gzip
            self._packed[key] = pack(self._files[name])
        return self._packed[key]


def assets_blueprint(assets: Assets) -> Blueprint:
    """Return the blueprint that serves `/assets/<build>/<name>` out of memory."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/assets/<build>/<name>")
    @access(PUBLIC)
    def file(build: str, name: str) -> Response:
        try:
            found = assets.response(build, name, request.headers.get("Accept-Encoding", ""))
        except LookupError:
            abort(404)
        return Response(found.body, headers=found.headers)

    return blueprint


def _encoding(name: str, accept_encoding: str) -> str:
    return "" if name.endswith(".woff2") else accepted_encoding(accept_encoding)  # woff2 is brotli inside already


def _brotli(content: bytes) -> bytes:
    return bytes(brotli.compress(content, quality=11))


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


def _collect(cache: Path) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in (STATIC / "js").glob("*.js")}
    files |= {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix == ".svg"}
    files["icons.svg"] = icons.sprite()
    files["htmx.js"] = _from_wheel("django-htmx", "django_htmx/static/django_htmx/htmx-2.min.js")
    if font := _font(cache):
        files[FONT] = font
    files["app.css"] = stylesheet(with_font=bool(font)).encode()
    files["without-js.css"] = minify(_css("without-js.css")).encode()
    return files | {path.name: _page_sheet(path).encode() for path in (STATIC / "css" / "pages").glob("*.css")}


def _from_wheel(package: str, path: str) -> bytes:
    return Path(str(distribution(package).locate_file(path))).read_bytes()


# The style sheet


def stylesheet(*, with_font: bool) -> str:
    """Put the files of `static/css` together, each in its layer, without comments and idle white space.

    The dark colours are written once (`tokens-dark.css`) and used twice: for people who chose dark, and for
    people who chose "auto" on a device that is dark. Both only on screens: paper is always light.
    """
    order = ", ".join(name for name, _ in LAYERS)
    parts = [f"@layer {order};"]
    if with_font:
        parts.append(_css("font.css"))
    for layer, pattern in LAYERS:
        text = "\n".join(path.read_text("utf-8") for path in sorted((STATIC / "css").glob(pattern)))
        parts.append(f"@layer {layer} {{ {text} }}")
        if layer == "tokens":
            parts.append(f"@layer {layer} {{ {_dark()} }}")
    return minify("\n".join(parts))


def _page_sheet(path: Path) -> str:
    """The styles of one page, in the layer of the components: it is loaded after the sheet that orders the layers."""
    return minify(f"@layer components {{ {path.read_text('utf-8')} }}")


def _dark() -> str:
    chosen = _css("tokens-dark.css")
    auto = chosen.replace('[data-theme="dark"]', '[data-theme="auto"]')
    return f"@media screen {{ {chosen} }} @media screen and (prefers-color-scheme: dark) {{ {auto} }}"


def _css(name: str) -> str:
    return (STATIC / "css" / name).read_text("utf-8")


# A string is kept as it is; a comment goes; white space shrinks, and goes where CSS never needs it.
_CSS_TOKENS = re.compile(r"""(?P<string>"[^"]*"|'[^']*')|(?P<comment>/\*.*?\*/)|(?P<space>\s+)""", re.DOTALL)
_IDLE_SPACE = re.compile(r"""("[^"]*"|'[^']*')|\s*([{};,>])\s*|(:)\s+""")


def minify(css: str) -> str:
    """Take comments and idle white space out of a style sheet. Strings stay as they are."""
    plain = _CSS_TOKENS.sub(lambda token: token["string"] or ("" if token["comment"] else " "), css)
    tight = _IDLE_SPACE.sub(lambda m: m[1] or m[2] or m[3], plain)
    return tight.replace(";}", "}").strip()


# The typeface


def _font(cache: Path) -> bytes | None:
    source = _from_wheel("fontpkg-public-sans", "fontpkg_public_sans/files/PublicSans[wght].ttf")
    key = hashlib.sha256(source + repr(CODEPOINTS).encode()).hexdigest()[:16]
    kept = cache / f"public-sans-{key}.woff2"
    if kept.is_file():
        return kept.read_bytes()
    font = _subset(source)
    if font:
        _keep(kept, font)
    return font


@lru_cache(maxsize=1)
def _subset(source: bytes) -> bytes | None:
    """Cut the typeface to CODEPOINTS as woff2, or None where that fails: a page in the system's is still a page."""
    # Imported here: loading fontTools costs a start more than reading the cached file does.
    from fontTools import subset

    try:
        options = subset.Options(
            flavor="woff2",
            hinting=False,
            notdef_outline=True,
            layout_features=["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "case"],
        )
        font = subset.load_font(io.BytesIO(source), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=CODEPOINTS)
        cutter.subset(font)
        out = io.BytesIO()
        subset.save_font(font, out, options)
    except Exception:
        log.exception("Public Sans could not be cut; pages use the system's typeface.")
        return None
    return out.getvalue()


def _keep(path: Path, content: bytes) -> None:
    """Write a file of the cache whole or not at all: several processes may start at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(content)
        Path(draft.name).replace(path)
    except OSError:
        log.warning("The typeface could not be kept in %s; the next start cuts it again.", path.parent)
