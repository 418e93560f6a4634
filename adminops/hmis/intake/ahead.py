"""Reading ahead: the next rows are read while the database server writes the last ones."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import TypeVar

Value = TypeVar("Value")


def one_ahead(values: Generator[Value, None, None]) -> Generator[Value, None, None]:
    """Yield `values`; another thread makes the next one meanwhile, and what it raises is raised here in its place.

    The caller must not touch what `values` works with until it has ended. Where no other thread can be had, as when the
    main one has ended, the rest is made in this one: what was begun is brought to its end.
    """
    context = copy_context()

    def make() -> Value | None:
        return context.run(lambda: next(values, None))

    with closing(values), ThreadPoolExecutor(1, thread_name_prefix="adminops reader") as reader:
        following = _begun(make, reader)
        while (value := following()) is not None:
            # Once here, always here: a reader that began late would still find what it was first asked for.
            following = make if following is make else _begun(make, reader)
            yield value


def _begun(make: Callable[[], Value], reader: ThreadPoolExecutor) -> Callable[[], Value]:
    """Have `make` begun by the reader and return what waits for its value; `make` itself if there is no thread."""
    try:
        return reader.submit(make).result
    except RuntimeError:
        return make
