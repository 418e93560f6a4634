"""The catalogue of mails: what the features' keys stand for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adminops.feature import Feature
from adminops.outbox.messages import Mail


@dataclass(frozen=True)
class Catalogue:
    """All mails by key. A function gets the recipient's id as `to_id` and the ids of the message."""

    functions: Mapping[str, Callable[..., Mail | None]]

    @classmethod
    def of(cls, features: Sequence[Feature]) -> "Catalogue":
        """Gather the features' mails."""
        return cls({key: function for feature in features for key, function in feature.mails.items()})

    def write(self, kind: str, to_id: int, ids: Mapping[str, int | str]) -> Mail | None:
        """Return the mail to send now, or None when it has become needless. Raises KeyError for an unknown kind."""
        return self.functions[kind](to_id=to_id, **ids)
