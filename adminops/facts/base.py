"""What a fact is, and how it is announced."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from flask import current_app

from adminops.refs import Ref

if TYPE_CHECKING:
    from adminops.identity.models import User


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened. It carries ids, never a name, a birth date or an SSN.

    A subclass names its thing in `about_kind` and `about_field`, and says in `says` what happened, as the end of a
    sentence that begins with the actor: "{actor} filed ticket {ticket_id}".
    """

    says: ClassVar[str]
    about_kind: ClassVar[str]
    about_field: ClassVar[str]
    settles: ClassVar[bool] = False
    """Whether this carries out the request (a ticket) that it was done for."""
    gives_up: ClassVar[bool] = False
    """Whether the request that it was done for is over without having been carried out."""
    takes_back: ClassVar[bool] = False
    """Whether this takes back what a request was answered with: it is to be answered anew."""

    agency_id: int | None = None
    """The agency concerned, for the audit's scope."""
    request: Ref | None = None
    """The request (a ticket) this was done for, if any."""
    also: tuple[Ref, ...] = ()
    """Further requests for the same: they are answered by it, too."""

    @property
    def about(self) -> Ref:
        """What it happened to."""
        return Ref.to(self.about_kind, getattr(self, self.about_field))

    @property
    def requests(self) -> tuple[Ref, ...]:
        """All requests this was done for, the first one first."""
        return (self.request, *self.also) if self.request else self.also

    @property
    def name(self) -> str:
        """The fact's name as the audit keeps it: `TicketFiled`."""
        return type(self).__name__

    @property
    def sentence(self) -> str:
        """What happened, without the actor: "filed ticket 4711"."""
        return self.says.format(**{f.name: getattr(self, f.name) for f in fields(self)})

    def detail(self) -> dict[str, Any]:
        """Return the fact's own fields, fit for JSON."""
        values = asdict(self)
        values.pop("agency_id")
        values.pop("request")
        values["also"] = [str(ref) for ref in self.also]
        return values if self.also else {name: value for name, value in values.items() if name != "also"}


Subscriber = Callable[[Any, "User"], None]


@dataclass
class FactBus:
    """Who listens to what. A subscriber of `Fact` itself hears everything (the audit does)."""

    subscribers: dict[type[Fact], list[Subscriber]] = field(default_factory=lambda: defaultdict(list))

    def subscribe(self, kind: type[Fact], subscriber: Subscriber) -> None:
        """Call `subscriber(fact, by)` for every fact of `kind` or of a kind derived from it."""
        self.subscribers[kind].append(subscriber)

    def listeners(self, kind: type[Fact]) -> Iterable[Subscriber]:
        """Return who hears facts of `kind`: the audit first, then in the order of the features."""
        for ancestor in reversed(kind.__mro__):
            yield from self.subscribers.get(ancestor, ())


def publish(fact: Fact, *, by: "User") -> None:
    """Announce `fact`, done by `by`, inside the transaction that made it true.

    Subscribers run at once and in the same transaction: either all of it is stored or none.
    """
    bus: FactBus = current_app.extensions["facts"]
    for listener in bus.listeners(type(fact)):
        listener(fact, by)


def all_facts() -> list[type[Fact]]:
    """Return every kind of fact there is, by name."""
    found: set[type[Fact]] = set()
    waiting = [Fact]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind not in found:
                found.add(kind)
                waiting.append(kind)
    return sorted(found, key=lambda kind: kind.__name__)
