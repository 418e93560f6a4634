"""Names and SSNs as a hashed export holds them (HashStatus 4, SHA-256, in HUD's CSV specifications).

A name becomes the hash of its Soundex, so that spellings which sound alike stay equal. An SSN becomes its last four
characters in clear and the hash of all nine, an x standing for an unknown digit.
"""

import hashlib

from adminops.hmis.names import name_key
from adminops.hmis.sealing import is_hash, is_hashed_ssn

_SOUNDS = {
    letter: digit
    for digit, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}


def soundex(name: str) -> str:
    """Return the American Soundex of `name` ("R163" for Robert); empty when it has no Latin letter."""
    letters = [letter for letter in name_key(name) if letter.isascii() and letter.isalpha()]
    if not letters:
        return ""
    digits, before = "", _SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        sound = _SOUNDS.get(letter, "")
        if sound and sound != before:
            digits += sound
        if letter not in "hw":  # these two don't part equal sounds
            before = sound
    return (letters[0].upper() + digits + "000")[:4]


def hashed_name(name: str) -> str:
    """Return `name` as a hashed export holds it; a blank stays blank and a hash the hash it is."""
    if not name or is_hash(name):
        return name
    return hashlib.sha256(soundex(name).encode()).hexdigest()


def hashed_ssn(ssn: str) -> str:
    """Return `ssn` as a hashed export holds it; a blank stays blank and a hash the hash it is."""
    if not ssn or is_hashed_ssn(ssn):
        return ssn
    padded = ssn.lower().rjust(9, "x")
    return padded[-4:] + hashlib.sha256(padded.encode()).hexdigest()
