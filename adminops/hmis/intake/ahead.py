"""Reading ahead: the next rows are read while the database server writes the last ones."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import TypeVar

Value = TypeVar("Value")


def one_ahead(values: Generator[Value, None, None]) -> Generator[Value, None, None]:
    """Yield `values`; another thread makes the next one meanwhile, and what it raises is raised here in its place.

    The caller must not touch what `values` works with until it has ended.
    """
    context = copy_context()

    def make() -> Value | None:
        return context.run(lambda: next(values, None))

    with closing(values), ThreadPoolExecutor(1, thread_name_prefix="adminops reader") as reader:
        following = reader.submit(make)
        while (value := following.result()) is not None:
            following = reader.submit(make)
            yield value
