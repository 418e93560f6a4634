"""The pages of accounts: people, what is done with their accounts, and passwords."""

from accounts.views import (
    agencies,
    agreements,
    directory,
    licenses,
    life,
    lists,
    lost_steps,
    outside,
    passwords,
    people,
    policies,
    providers,
    provisioning,
    requests,
    scim,
    setup,
    staff,
)
from accounts.views.blueprint import blueprint, own

__all__ = [
    "agencies",
    "agreements",
    "blueprint",
    "directory",
    "licenses",
    "life",
    "lists",
    "lost_steps",
    "outside",
    "own",
    "passwords",
    "people",
    "policies",
    "providers",
    "provisioning",
    "requests",
    "scim",
    "setup",
    "staff",
]
