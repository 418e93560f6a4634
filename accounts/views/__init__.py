"""The pages of accounts: people, what is done with their accounts, and passwords."""

from accounts.views import life, passwords, people
from accounts.views.blueprint import blueprint

__all__ = ["blueprint", "life", "passwords", "people"]
