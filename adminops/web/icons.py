"""The icons of the house: a fixed list, cut out of the `lucide` wheel into one sprite.

A page shows an icon as `<svg><use href="/assets/<build>/icons.svg#name"/></svg>`, so the shapes are fetched
once. Only the icons named here are in the sprite: a template that uses another one fails a test, and a page
that does so raises a sentence.
"""

import re
import zipfile
from importlib.metadata import distribution

ICONS: tuple[str, ...] = (
    "archive",
    "arrow-down",
    "arrow-left",
    "arrow-left-right",
    "arrow-right",
    "arrow-up",
    "badge-check",
    "ban",
    "bell",
    "book-open",
    "building-2",
    "calendar",
    "calendar-check",
    "chart-column",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "chevrons-up",
    "circle",
    "circle-alert",
    "circle-check",
    "circle-dashed",
    "circle-dot",
    "circle-pause",
    "circle-question-mark",
    "circle-slash",
    "circle-user",
    "circle-x",
    "clipboard-list",
    "clock",
    "contact",
    "copy",
    "database",
    "download",
    "ellipsis",
    "equal",
    "external-link",
    "eye",
    "eye-off",
    "file-down",
    "file-spreadsheet",
    "file-text",
    "file-up",
    "flag",
    "folder",
    "funnel",
    "graduation-cap",
    "history",
    "hourglass",
    "house",
    "inbox",
    "info",
    "key-round",
    "keyboard",
    "landmark",
    "layers",
    "layout-dashboard",
    "life-buoy",
    "link",
    "list-checks",
    "loader",
    "lock",
    "lock-open",
    "log-in",
    "log-out",
    "mail",
    "map-pin",
    "menu",
    "merge",
    "message-square",
    "monitor",
    "moon",
    "paperclip",
    "pause",
    "pencil",
    "phone",
    "plus",
    "printer",
    "refresh-cw",
    "reply",
    "rotate-ccw",
    "scan-search",
    "scroll-text",
    "search",
    "send",
    "settings",
    "shield-check",
    "sliders-horizontal",
    "split",
    "star",
    "sun",
    "table",
    "tag",
    "target",
    "trash-2",
    "trending-down",
    "trending-up",
    "triangle-alert",
    "undo-2",
    "unlink",
    "upload",
    "user",
    "user-check",
    "user-cog",
    "user-minus",
    "user-plus",
    "users",
    "wallet",
    "wrench",
    "x",
)

_SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def sprite() -> bytes:
    """Build the SVG sprite: one `<symbol>` of 24 × 24 units for each name in ICONS.

    The symbols carry no stroke or fill: `.icon` in the style sheet gives them, so that one sprite serves
    every colour and size.

    Raises KeyError if the wheel lacks one of the names.
    """
    archive = distribution("lucide").locate_file("lucide/lucide.zip")
    with zipfile.ZipFile(str(archive)) as wheel:
        symbols = [_symbol(name, wheel.read(f"{name}.svg").decode()) for name in ICONS]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


def _symbol(name: str, drawing: str) -> str:
    found = _SHAPES.search(drawing)
    shapes = re.sub(r"\s*\n\s*", "", found.group(1)).replace(" />", "/>") if found else ""
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'
