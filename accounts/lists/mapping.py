"""Which column of a list is what: a guess, and what somebody settles. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.lists.models import ListPurpose
from adminops.errors import Invalid


@dataclass(frozen=True)
class Known:
    """Something that a column may hold, and the headers that it usually has."""

    title: str
    headers: tuple[str, ...]
    hint: str = ""


FIELDS: dict[str, Known] = {
    "login": Known("User name", ("username", "login", "loginname", "userid", "loginid", "user", "account")),
    "name": Known("Name", ("name", "fullname", "displayname", "username2"), "Or the next two"),
    "first": Known("First name", ("firstname", "first", "givenname", "userfirstname")),
    "last": Known("Last name", ("lastname", "last", "surname", "familyname", "userlastname")),
    "email": Known("Work e-mail", ("email", "emailaddress", "useremail", "mail", "workemail")),
    "active": Known("Status", ("status", "active", "isactive", "userstatus", "enabled", "state")),
    "last_login": Known(
        "Last sign-in", ("lastlogin", "lastlogindate", "lastlogon", "lastsignin", "lastaccess", "lastlogindatetime")
    ),
    "agency": Known(
        "Agency", ("agency", "organization", "organisation", "organizationname", "agencyname", "provider", "owner")
    ),
    "role": Known("Role", ("role", "accesslevel", "securitylevel", "userrole"), "Empty: end user"),
    "title": Known("Job title", ("title", "jobtitle", "position")),
}
OFFERED = {
    ListPurpose.LOGINS: ("login", "name", "first", "last", "email", "active", "last_login"),
    ListPurpose.USERS: ("login", "name", "first", "last", "email", "agency", "role", "title"),
}
NEEDED = {ListPurpose.LOGINS: ("login", "last_login"), ListPurpose.USERS: ("email", "agency")}


def guess(columns: Sequence[str], purpose: ListPurpose) -> dict[str, str]:
    """Return the columns that look like what is known, by field."""
    named = {re.sub(r"[^a-z0-9]", "", column.casefold()): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field in OFFERED[purpose]:
        likely = (named.get(header) for header in FIELDS[field].headers)
        column = next((name for name in likely if name is not None and name not in found.values()), None)
        if column is not None:
            found[field] = column
    return found


def settle(said: Mapping[str, str], columns: Sequence[str], purpose: ListPurpose) -> dict[str, str]:
    """Return what was said as a mapping. Raises `Invalid` at the field that is missing, unknown, or said twice."""
    chosen = {field: column for field, column in said.items() if column}
    for field, column in chosen.items():
        if field not in OFFERED[purpose] or column not in columns:
            raise Invalid("There is no such column in the file.", field=field)
        if list(chosen.values()).count(column) > 1:
            raise Invalid("This column is chosen twice.", field=field)
    for field in NEEDED[purpose]:
        if field not in chosen:
            raise Invalid(f"Choose the column of: {FIELDS[field].title.lower()}.", field=field)
    if purpose is ListPurpose.USERS and "name" not in chosen and not {"first", "last"} <= chosen.keys():
        raise Invalid("Choose the column of the name, or those of first and last name.", field="name")
    return chosen
