"""Where accounts are kept: one interface, so that verbs don't know whether it is this database or a directory.

A directory of the network is told how an account should be (`Desired`), never what to do: it reads, compares and
writes the difference, so telling it twice, late or after a lost answer does no harm.
"""

from accounts.directory.places import directory, directory_of, local, problem
from accounts.directory.values import (
    Away,
    Change,
    Denied,
    Desired,
    Directory,
    DirectoryProblem,
    Doubtful,
    Entry,
    Health,
    Misfit,
    Refused,
    Taken,
    Verdict,
)

__all__ = [
    "Away",
    "Change",
    "Denied",
    "Desired",
    "Directory",
    "DirectoryProblem",
    "Doubtful",
    "Entry",
    "Health",
    "Misfit",
    "Refused",
    "Taken",
    "Verdict",
    "directory",
    "directory_of",
    "local",
    "problem",
]
