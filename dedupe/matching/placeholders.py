"""Words that stand where a name should be."""

from __future__ import annotations

import re

_NO_NAMES = """
anon anonymous blank client clientdoesnotknow clientdoesntknow clientrefused confidential datanotcollected declined
declines deidentified deleted doesnotknow doesntknow dontknow firstname fname hidden lastname lname missing na name
namenotgiven nfn nln nmi nmn nofirstname nolastname nomiddlename noname none notapplicable notavailable notcollected
notgiven notprovided null pending prefernottoanswer prefersnottoanswer redacted refusal refused tbd test testing
undisclosed unk unkn unknown unnamed withheld
"""
NO_NAMES = frozenset(_NO_NAMES.split())
DOES = ("baby", "jane", "janie", "john", "johnny", "jon")
"""First names with which Doe is no last name."""
_INFANT = re.compile(
    r"(baby|bb|newborn|new born|unborn|infant)( ?(boy|girl|child|twin|of|one|two|[abg123]))*( .*)?"
    r"|(twin|boy|girl)( ?(one|two|[ab12]))?"
)


def is_placeholder(folded: str) -> bool:
    """Say whether a folded name stands for no name: unknown, refused, anonymous, xxx, 123, a repeated letter."""
    joined = folded.replace(" ", "")
    if joined in NO_NAMES or not any(sign.isalpha() for sign in joined):
        return True
    return len(joined) > 1 and len(set(joined)) == 1


def is_infant(folded: str) -> bool:
    """Say whether a folded first name only tells that this is a newborn child (baby boy, infant, twin a)."""
    return _INFANT.fullmatch(folded) is not None
