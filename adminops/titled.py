"""Enums that bring their words for screens along."""

from enum import StrEnum


class Titled(StrEnum):
    """An enum whose members are a value and a title: `LEFT = "left", "Left the agency"`."""

    title: str  # type: ignore[assignment]

    def __new__(cls, value: str, title: str = "") -> "Titled":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title = title
        return member
