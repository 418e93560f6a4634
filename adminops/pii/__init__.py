"""Finds in free text what must not stand there: whatever says who a client is.

Tickets, notes and manual pages name a client by ID. What slips through is found before it is stored, and the writer is
asked to take it out. A finding says where and what, never which: nothing of the text goes into a message or a log.

One module a subject: `numbers` (SSNs, phones, identity cards), `dates`, `places` (addresses of streets and of mails),
`names` (after words that announce one). They are pure and know nothing of the store; whom it holds is looked up by
`adminops.hmis.mentions`, with the words that `names` cuts out of a text.
"""

from adminops.pii.finding import but_for_staff, check_clean, find_pii, holds_ssn, kinds_in_words, merged
from adminops.pii.findings import Finding, PiiKind, Staff
from adminops.pii.phrases import PHRASES, Phrase, phrases_for, without

__all__ = [
    "PHRASES",
    "Finding",
    "Phrase",
    "PiiKind",
    "Staff",
    "but_for_staff",
    "check_clean",
    "find_pii",
    "holds_ssn",
    "kinds_in_words",
    "merged",
    "phrases_for",
    "without",
]
