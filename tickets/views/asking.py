"""What an address asks the list of tickets for, and the address that asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import url_for
from werkzeug.datastructures import MultiDict

from tickets.language import LONGEST, Query, Term, parse
from tickets.models import Priority, TicketState
from tickets.queries import Order, TicketFilter, View

E = TypeVar("E", bound=StrEnum)

SELECTS = ("status", "priority", "type", "agency", "assignee")
"""The select boxes of the filter bar: each stands for a term of the language about the field of its name."""
COLUMNS = {
    "status": "Status",
    "priority": "Priority",
    "due": "Due",
    "assignee": "Assigned to",
    "activity": "Last activity",
    "topic": "Topic",
    "filed": "Filed",
}
USUAL_COLUMNS = ("status", "priority", "due", "assignee", "activity")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An address of the list, taken apart; what it does not understand outside of `q` narrows nothing."""

    view: View = View.OPEN
    q: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Values of the select boxes: a row by its number."""
    order: Order | None = None
    columns: tuple[str, ...] = USUAL_COLUMNS

    @property
    def narrows(self) -> bool:
        """Whether anything but the view is chosen."""
        return bool(self.q or self.chosen)

    @property
    def query(self) -> Query:
        """All terms but those of the view. Raises `Wrong`."""
        return (*parse(self.q), *(Term(name, (_value(name, value),)) for name, value in self.chosen.items()))

    def filter(self) -> TicketFilter:
        """Return the filter for the read. Raises `Wrong` for a query that can't be understood."""
        query = self.query
        return TicketFilter(view=self.view, query=query, order=self.order or self._usual_order(query))

    def _usual_order(self, query: Query) -> Order:
        if self.view is View.LATE:
            return Order.DUE
        words = any(not term.field for term in query)
        return Order.NEWEST if words else Order.ACTIVITY

    @property
    def all_columns(self) -> list[tuple[str, str]]:
        """The columns there are, as (name, label)."""
        return list(COLUMNS.items())

    def parts(self) -> list[tuple[str, str]]:
        """Return the parts of the address but the columns: what a form that changes those has to send along."""
        said = {
            "view": self.view.value if self.view is not View.OPEN else "",
            "q": self.q,
            **self.chosen,
            "order": self.order.value if self.order else "",
        }
        return [(name, value) for name, value in said.items() if value]

    def address(self, **over: Any) -> str:
        """Return the address, without what goes without saying; `over` changes or (None) drops a part."""
        columns = list(self.columns) if self.columns != USUAL_COLUMNS else None
        said: dict[str, Any] = {**dict(self.parts()), "columns": columns, **over}
        return url_for("tickets.index", **{name: value for name, value in said.items() if value not in (None, "")})


def read_address(args: MultiDict[str, str]) -> Asked:
    """Return what an address asks for."""
    columns = tuple(name for name in COLUMNS if name in args.getlist("columns"))
    return Asked(
        view=_one_of(View, args.get("view")) or View.OPEN,
        q=args.get("q", "")
        .replace("\x00", " ")
        .strip()[: LONGEST + 1],  # one too many is still refused with a sentence
        chosen={name: value for name in SELECTS if (value := args.get(name, "").strip()) and _is_value(name, value)},
        order=_one_of(Order, args.get("order")),
        columns=columns or USUAL_COLUMNS,
    )


def _is_value(name: str, value: str) -> bool:
    if name in ("agency", "assignee"):
        return value.isascii() and value.isdecimal() and len(value) < 10
    kinds: dict[str, type[StrEnum]] = {"status": TicketState, "priority": Priority}
    return len(value) <= 60 and (name == "type" or _one_of(kinds[name], value) is not None)


def _value(name: str, value: str) -> str:
    return f"#{value}" if name in ("agency", "assignee") else value


def _one_of(kind: type[E], text: str | None) -> E | None:
    return next((member for member in kind if member.value == text), None)
