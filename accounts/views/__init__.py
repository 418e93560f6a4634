"""The pages of accounts: people, what is done with their accounts, and passwords."""

from accounts.views import directory, life, passwords, people
from accounts.views.blueprint import blueprint, own

__all__ = ["blueprint", "directory", "life", "own", "passwords", "people"]
