"""Names as search keys: without accents, case, blanks and punctuation, so that "D'Ávila" is found as "davila"."""

import re
import unicodedata

KEY_LENGTH = 200
_LETTERS_THAT_DO_NOT_DECOMPOSE = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def name_key(name: str | None) -> str:
    """Return the search key of a name or of a part of one; empty when there is nothing to search by."""
    if not name:
        return ""
    if name.isascii():
        folded = name.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", name.casefold())
        bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
        folded = bare.translate(_LETTERS_THAT_DO_NOT_DECOMPOSE)
    return _NOT_ALPHANUMERIC.sub("", folded)[:KEY_LENGTH]
