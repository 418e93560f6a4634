"""References: how one feature points at a thing of another without importing it.

A `Ref` is a kind and an id ("ticket", 4711). The feature that owns the kind offers a `RefProvider` that turns ids
into `Link`s (a title the viewer may see and a URL). Templates write `{{ ref|link }}`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Ref(NamedTuple):
    """A pointer to anything: `kind` is the owner's word ("ticket", "client", "pair"), `id` its key as text."""

    kind: str
    id: str

    @classmethod
    def to(cls, kind: str, id_: int | str) -> "Ref":
        """Return the reference to thing `id_` of `kind`."""
        return cls(kind, str(id_))

    @classmethod
    def parse(cls, text: str) -> "Ref | None":
        """Read "ticket:4711" back; None when it is no reference."""
        kind, colon, id_ = text.partition(":")
        return cls(kind, id_) if colon and kind.isidentifier() and id_ else None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def number(self) -> int:
        """The id as a number (for kinds whose key is one)."""
        return int(self.id)


@dataclass(frozen=True)
class Link:
    """What a reference looks like on a screen."""

    title: str
    url: str
    icon: str = "link"
    is_over: bool = False
    """Whether nobody waits for it any more: a request that has ended."""


@dataclass(frozen=True)
class RefProvider:
    """How the owner of `kind` shows its things.

    `resolve(ids, viewer)` returns `{id: Link}` for those ids that exist and that the viewer may see, in one read.
    `answers(id, viewer)` returns what a request says in the fields of its form, None for who may not see it: whoever
    carries it out can hold it against what was asked.
    """

    kind: str
    resolve: Callable[[Sequence[str], Any], dict[str, Link]]
    answers: Callable[[str, Any], Mapping[str, Any] | None] | None = None
