"""The pages of accounts: people, what is done with their accounts, and passwords."""

from accounts.views import directory, licenses, life, passwords, people
from accounts.views.blueprint import blueprint, own

__all__ = ["blueprint", "directory", "licenses", "life", "own", "passwords", "people"]
