"""Facts about webhooks."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class WebhookFact(Fact):
    """Something about an address that is called when something happens."""

    about_kind: ClassVar[str] = "webhook"
    about_field: ClassVar[str] = "webhook_id"
    says: ClassVar[str] = "changed webhook {webhook_id}"
    webhook_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookSaved(WebhookFact):
    """A webhook was added or changed."""

    says: ClassVar[str] = "saved webhook {webhook_id}"


@dataclass(frozen=True, kw_only=True)
class WebhookRemoved(WebhookFact):
    """A webhook was removed with its log."""

    says: ClassVar[str] = "removed webhook {webhook_id}"


@dataclass(frozen=True, kw_only=True)
class WebhookSwitchedOn(WebhookFact):
    """A webhook is called again."""

    says: ClassVar[str] = "switched webhook {webhook_id} on"


@dataclass(frozen=True, kw_only=True)
class WebhookSwitchedOff(WebhookFact):
    """A webhook is not called any more: somebody wished so, or nothing got through for long."""

    says: ClassVar[str] = "switched webhook {webhook_id} off"


@dataclass(frozen=True, kw_only=True)
class WebhookCallRepeated(WebhookFact):
    """A call is made again, or one to try the address."""

    says: ClassVar[str] = "had webhook {webhook_id} called (call {call_id})"
    call_id: int
