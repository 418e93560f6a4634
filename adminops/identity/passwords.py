"""Local passwords: argon2id hashes and the rules for a new one (NIST SP 800-63B-4: length, no composition).

What is easily guessed is judged without asking anybody: by the lists and patterns of `zxcvbn`, and by our own.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from adminops.errors import Invalid

MINIMUM_LENGTH = 15
WITH_A_FACTOR = 12
"""So many characters will do for who signs in with a second step, too."""
FOR_EMERGENCIES = 25
"""So many characters has a passphrase that is written down and sealed: nobody has to remember it."""
MAXIMUM_LENGTH = 256
JUDGED = 32
"""So many characters are put to the lists: an estimate takes the longer the more there are to take apart."""
HARD_ENOUGH = 10.0
"""Guesses that a password must stand, as a power of ten: more than a stolen hash of ours is worth trying."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP: 19 MiB, two passes

#: Words that an attacker of this very system tries first.
CONTEXT_WORDS = ("adminops", "hmis", "clienttrack", "homeless", "shelter", "password", "changeme", "letmein", "welcome")


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`."""
    return _hasher.hash(_plain(password))


def matches(password_hash: str, password: str) -> bool:
    """Say whether `password` belongs to `password_hash`. Takes as long for an empty hash as for a real one."""
    usable = bool(password_hash) and 0 < len(password) <= MAXIMUM_LENGTH
    try:
        return _hasher.verify(password_hash or _decoy(), _plain(password[:MAXIMUM_LENGTH])) and usable
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash was made with other costs than are used now, so that it should be made anew."""
    return bool(password_hash) and _hasher.check_needs_rehash(password_hash)


def _plain(password: str) -> str:
    # One keyboard sends é as one character and another as two; NIST asks for one form of them before hashing.
    return unicodedata.normalize("NFKC", password)


@cache
def _decoy() -> str:
    return _hasher.hash("nobody's password, so that an unknown name takes as long as a known one")


@dataclass(frozen=True)
class Rules:
    """What a new password must have: so many characters, and (HUD's baseline of 2004) a letter and a digit."""

    least: int = MINIMUM_LENGTH
    letter_and_digit: bool = False

    @property
    def hint(self) -> str:
        """The rules in words, for the field."""
        also = ", among them a letter and a digit" if self.letter_and_digit else ""
        return f"At least {self.least} characters{also}. A few unrelated words are easy to remember and hard to guess."


USUAL = Rules()


def is_short(password: str) -> bool:
    """Say whether a password is too short for who signs in without a second step."""
    return len(_plain(password)) < MINIMUM_LENGTH


def check_new_password(password: str, *, about: Sequence[str], rules: Rules = USUAL, field: str = "password") -> None:
    """Raise `Invalid` (at form field `field`) with a sentence when `password` is not good enough.

    Rules in the order checked: long enough and at most 256 characters, a letter and a digit where the house asks for
    these, not easily guessed, not mostly the person's or the house's own words (`about`: name, user name, e-mail,
    agency).
    """
    plain = _plain(password)
    if len(plain) < rules.least:
        raise Invalid(
            f"Use at least {rules.least} characters. A few unrelated words are easy to remember.", field=field
        )
    if len(password) > MAXIMUM_LENGTH:
        raise Invalid(f"Use at most {MAXIMUM_LENGTH} characters.", field=field)
    if rules.letter_and_digit and not (any(map(str.isalpha, plain)) and any(map(str.isdecimal, plain))):
        raise Invalid("Use at least one letter and one digit.", field=field)
    folded = plain.casefold()
    bare = "".join(letter for letter in folded if letter.isalnum())
    if _is_common(folded, bare) or _is_repetition(folded):
        raise Invalid(_TOO_EASY, field=field)
    if len(_without_own_words(bare, about)) < 8:
        raise Invalid("That password is made of your own or the house's words. Choose others.", field=field)
    if _guesses(plain, about) < HARD_ENOUGH:
        raise Invalid(_TOO_EASY, field=field)


_TOO_EASY = "That password is too easy to guess. Choose a few unrelated words instead."


def _guesses(plain: str, about: Sequence[str]) -> float:
    """Return how many guesses the password stands, as a power of ten, when the person and the house are known."""
    from zxcvbn import zxcvbn  # its lists are read when the first password is chosen, not at every start

    own = [*_own_words(about), *CONTEXT_WORDS]
    return float(zxcvbn(plain[:JUDGED], user_inputs=own)["guesses_log10"])


def _is_common(folded: str, bare: str) -> bool:
    return not {folded, bare, bare.rstrip("0123456789")}.isdisjoint(common_passwords())


def _is_repetition(folded: str) -> bool:
    period = (folded + folded).find(folded, 1)  # a text found in its own double repeats itself that often
    return len(set(folded)) < 5 or (period < len(folded) and period <= 8)


def _without_own_words(bare: str, about: Sequence[str]) -> str:
    for word in sorted({*_own_words(about), *CONTEXT_WORDS}, key=len, reverse=True):
        bare = bare.replace(word, "")
    return bare


def _own_words(about: Sequence[str]) -> set[str]:
    return {word.casefold() for text in about for word in re.split(r"[\W_]+", _plain(text)) if len(word) >= 4}


@cache
def common_passwords() -> frozenset[str]:
    """Return the widely used passwords, folded. The list holds patterns of our own making, no leaked file."""
    text = resources.files("adminops.identity").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip().casefold() for line in text.splitlines() if line and not line.startswith("#"))
