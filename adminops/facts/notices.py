"""Facts about what people are told of."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class NoticesChosen(Fact):
    """A person chose what they are told of, on which ways and when."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "chose what user {user_id} is told of"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class NoticeDefaultChanged(Fact):
    """What people are told who have not chosen was changed; `cell` is "replied.mine", `way` "app+mail"."""

    about_kind: ClassVar[str] = "notice_default"
    about_field: ClassVar[str] = "cell"
    says: ClassVar[str] = "set how people are told of {cell} unless they choose: {way}"
    cell: str
    way: str
