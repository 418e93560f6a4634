"""How templates become pages: indented for who writes them, without the indent for who loads them."""

import re

from jinja2.ext import Extension

_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


class Unindented(Extension):
    """Leave the indent of HTML templates out of the pages: it is a thirtieth of what a phone loads.

    Lines stay where they are, so an error names the line of the file. Mails are plain text and keep theirs.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source of the template `name` as Jinja shall read it."""
        return _INDENT.sub("", source) if name and name.endswith(".html") else source
