"""Local passwords: argon2id hashes and the rules for a new one (NIST SP 800-63B-4: length, no composition)."""

from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from adminops.errors import Invalid

MINIMUM_LENGTH = 15
MAXIMUM_LENGTH = 256

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP: 19 MiB, two passes

#: Words that an attacker of this very system tries first.
CONTEXT_WORDS = ("adminops", "hmis", "clienttrack", "homeless", "shelter", "password", "changeme", "letmein", "welcome")


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`."""
    return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Say whether `password` belongs to `password_hash`. Takes as long for an empty hash as for a real one."""
    usable = bool(password_hash) and 0 < len(password) <= MAXIMUM_LENGTH
    try:
        return _hasher.verify(password_hash or _decoy(), password[:MAXIMUM_LENGTH]) and usable
    except (VerificationError, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    return _hasher.hash("nobody's password, so that an unknown name takes as long as a known one")


def check_new_password(password: str, *, about: tuple[str, ...]) -> None:
    """Raise `Invalid` with a sentence when `password` is not good enough.

    Rules in the order checked: 15 to 256 characters, not a widely used password, not mostly the person's or the
    house's own words (`about`: name, user name, e-mail, agency), not one character or a keyboard row repeated.
    """
    if len(password) < MINIMUM_LENGTH:
        raise Invalid(
            f"Use at least {MINIMUM_LENGTH} characters. A few unrelated words are easy to remember.", field="password"
        )
    if len(password) > MAXIMUM_LENGTH:
        raise Invalid(f"Use at most {MAXIMUM_LENGTH} characters.", field="password")
    folded = password.casefold()
    bare = "".join(letter for letter in folded if letter.isalnum())
    if bare in common_passwords() or folded in common_passwords() or len(set(folded)) < 5:
        raise Invalid("That password is too easy to guess. Choose a few unrelated words instead.", field="password")
    own = {word.casefold() for text in about for word in text.replace("@", " ").replace(".", " ").split()}
    rest = bare
    for word in sorted({word for word in own if len(word) >= 4} | set(CONTEXT_WORDS), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < 8:
        raise Invalid("That password is made of your own or the house's words. Choose others.", field="password")


@cache
def common_passwords() -> frozenset[str]:
    """Return the widely used passwords, folded. The list holds patterns of our own making, no leaked file."""
    text = resources.files("adminops.identity").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip().casefold() for line in text.splitlines() if line and not line.startswith("#"))
