"""What SCIM calls a person, read and written. Pure: knows no database and no request.

A provider sends more than is needed here. What is known of the core schema is kept and given back; the rest of it (and
of the enterprise extension) is passed over without a word, as the standard allows, and never stored: a password least
of all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adminops.errors import DomainError

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

LONGEST = 200
MOST_EMAILS = 10

Said = dict[str, Any]

TEXTS = ("userName", "externalId", "displayName", "title")
NAME_PARTS = ("formatted", "familyName", "givenName")
EMAIL_PARTS = ("value", "type", "primary")
READ_ONLY = ("id", "meta", "groups", "schemas")
PASSED_OVER = (
    "addresses",
    "entitlements",
    "ims",
    "locale",
    "nickName",
    "password",
    "phoneNumbers",
    "photos",
    "preferredLanguage",
    "profileUrl",
    "roles",
    "timezone",
    "userType",
    "x509Certificates",
)
ATTRIBUTES = {name.casefold(): name for name in (*TEXTS, "active", "name", "emails", *READ_ONLY, *PASSED_OVER)}


class ScimProblem(DomainError):
    """A refusal with the standard's own word for it (RFC 7644, table 9)."""

    status = 400

    def __init__(self, sentence: str, kind: str = "invalidValue", *, status: int = 400) -> None:
        super().__init__(sentence)
        self.kind, self.status = kind, status


@dataclass(frozen=True)
class Wanted:
    """What a provider wants somebody to be here."""

    user_name: str
    external_id: str | None
    name: str
    email: str
    title: str
    active: bool


def attribute(name: str) -> str | None:
    """Return the attribute of that name, whatever its case; None for one that the core schema does not have."""
    return ATTRIBUTES.get(name.casefold())


def read_user(body: object, *, is_whole: bool = True) -> Said:
    """Return what is kept of a person that was sent; one that is sent whole has access unless it says otherwise.

    Raises `ScimProblem`.
    """
    if not isinstance(body, Mapping):
        raise ScimProblem("Send one person as a JSON object.", "invalidSyntax")
    schemas = body.get("schemas", [USER])
    if not isinstance(schemas, list) or USER not in schemas:
        raise ScimProblem(f"A person is of the schema {USER}.", "invalidSyntax")
    sent = {attribute(name): value for name, value in body.items() if isinstance(name, str) and value is not None}
    said: Said = {name: read_text(name, sent[name]) for name in TEXTS if name in sent}
    if not said.get("userName"):
        raise ScimProblem("userName is missing.")
    if is_whole or "active" in sent:
        said["active"] = read_truth("active", sent.get("active", True))
    if name := read_name(sent.get("name", {})):
        said["name"] = name
    if emails := read_emails(sent.get("emails", [])):
        said["emails"] = emails
    return {name: value for name, value in said.items() if value != ""}


def read_text(name: str, value: object) -> str:
    """Return a text. Raises `ScimProblem`."""
    if isinstance(value, list) and len(value) == 1:  # some providers wrap what they send by a path
        [value] = value
        value = value.get("value") if isinstance(value, Mapping) else value
    text = value.strip() if isinstance(value, str) else None
    if text is None or len(text.casefold()) > LONGEST or not text.isprintable():
        raise ScimProblem(f"{name} is a text of at most {LONGEST} printable characters.")
    return text


def read_truth(name: str, value: object) -> bool:
    """Return true or false; as words, too, for so it is sent by some. Raises `ScimProblem`."""
    if isinstance(value, list) and len(value) == 1:
        [value] = value
        value = value.get("value") if isinstance(value, Mapping) else value
    word = value.casefold() if isinstance(value, str) else value
    if word is True or word == "true":
        return True
    if word is False or word == "false":
        return False
    raise ScimProblem(f"{name} is true or false.")


def read_name(value: object) -> dict[str, str]:
    """Return the parts of a name. Raises `ScimProblem`."""
    if not isinstance(value, Mapping):
        raise ScimProblem("name is an object with formatted, givenName and familyName.")
    sent = {str(part).casefold(): text for part, text in value.items() if text is not None}
    read = {part: read_text(f"name.{part}", sent[part.casefold()]) for part in NAME_PARTS if part.casefold() in sent}
    return {part: text for part, text in read.items() if text}


def read_emails(value: object) -> list[dict[str, Any]]:
    """Return e-mail addresses, at most one of them the first. Raises `ScimProblem`."""
    several = value if isinstance(value, list) else [value]
    if len(several) > MOST_EMAILS:
        raise ScimProblem(f"At most {MOST_EMAILS} e-mail addresses are taken.")
    read = [email for each in several if (email := _read_email(each)).get("value")]
    if len([email for email in read if email.get("primary")]) > 1:
        raise ScimProblem("Only one e-mail address is primary.")
    return read


def _read_email(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        value = {"value": value}
    if not isinstance(value, Mapping):
        raise ScimProblem("Each of emails is an object with value, type and primary.")
    sent = {str(part).casefold(): each for part, each in value.items() if each is not None}
    read: dict[str, Any] = {part: read_text(f"emails.{part}", sent[part]) for part in ("value", "type") if part in sent}
    if "primary" in sent:
        read["primary"] = read_truth("emails.primary", sent["primary"])
    return read


def wanted_of(said: Said, *, was_active: bool = True) -> Wanted:
    """Return what a person is to be here; where nothing is said of access, it stays as it was.

    Raises `ScimProblem` without an address to write to.
    """
    emails: Sequence[Mapping[str, Any]] = said.get("emails", ())
    ranked = sorted(emails, key=lambda email: (not email.get("primary"), email.get("type") != "work"))
    user_name: str = said["userName"]
    email = ranked[0]["value"] if ranked else user_name if "@" in user_name else ""
    if not email:
        raise ScimProblem("emails is missing: the invitation goes to an address there.")
    name = said.get("name", {})
    whole = " ".join(filter(None, (name.get("givenName"), name.get("familyName"))))
    return Wanted(
        user_name=user_name,
        external_id=said.get("externalId"),
        name=said.get("displayName") or name.get("formatted") or whole or user_name.partition("@")[0],
        email=email,
        title=said.get("title", ""),
        active=said.get("active", was_active),
    )


def narrowed(resource: Mapping[str, Any], *, only: Sequence[str], but: Sequence[str]) -> dict[str, Any]:
    """Return a resource with the attributes that were asked for; `schemas`, `id` and `meta` always come along."""
    kept = {"schemas", "id", "meta"}
    wanted, unwanted = {_top(name) for name in only}, {name.casefold() for name in but}
    return {
        name: value
        for name, value in resource.items()
        if name in kept or ((not wanted or name.casefold() in wanted) and name.casefold() not in unwanted)
    }


def _top(name: str) -> str:
    """Return the attribute that a name such as "name.givenName" begins with; a URN stays whole."""
    plain = name.strip().casefold().removeprefix(f"{USER}:".casefold())
    return plain if plain.startswith("urn:") else plain.partition(".")[0]
