"""How templates become pages: indented for who writes them, without the indent for who loads them, compiled once."""

import re
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import render_template
from jinja2 import Environment, FileSystemBytecodeCache, Template
from jinja2.bccache import Bucket
from jinja2.environment import TemplateModule
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup

_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_MADE_BY = f"{version('jinja2')} {sys.version} {Path(__file__).read_text('utf-8')}"
"""What turns a template into code beside its own text: with another one it is compiled anew."""


class Unindented(Extension):
    """Leave the indent of HTML templates out of the pages: it is a thirtieth of what a phone loads.

    Lines stay where they are, so an error names the line of the file. Mails are plain text and keep theirs.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source of the template `name` as Jinja shall read it."""
        return _INDENT.sub("", source) if name and name.endswith(".html") else source


class Compiled(FileSystemBytecodeCache):
    """The compiled templates, kept in a folder: a worker that starts would take two seconds for them.

    A folder that is gone, or a full disk, costs that time and no page.
    """

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return what a compiled template is kept under."""
        return super().get_cache_key(name, f"{filename} {_MADE_BY}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template, where that is possible."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


class Imported(Template):
    """A template whose macros others import, a dozen on a page.

    Jinja compares the globals of both each time. Here all have the same: those of the environment.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if self._module is None:
            self._module = self.make_module()
        return self._module


def set_up(env: Environment, home: Path) -> None:
    """Have `env` make pages like this, and keep what it compiled in `home/cache`."""
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension(Unindented)
    env.template_class = Imported
    if env.bytecode_cache is None:
        kept = home / "cache" / "templates"
        with suppress(OSError):
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            env.bytecode_cache = Compiled(str(kept))


def render_card(template: str, **values: Any) -> Markup:
    """Draw what a feature shows on a page of another. A template escapes what it is given, so the page need not."""
    return Markup(render_template(template, **values))  # noqa: S704 - the one place that says so
