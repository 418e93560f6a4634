"""The forms of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, PasswordField, SelectField, StringField, TimeField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, Optional

from accounts.models import Account, DisabledReason
from adminops.db import db
from adminops.identity.choosing import rules_for
from adminops.identity.models import Agency, User
from adminops.identity.passwords import MAXIMUM_LENGTH
from adminops.identity.permissions import Role
from adminops.settings import current_settings
from adminops.web.forms import Form, choice_field, choices

USER_NAME_HINT = "Letters, digits, dots, hyphens and underscores; it can't be changed later"


class PersonForm(Form):
    """A person's particulars."""

    name = StringField("Name", [InputRequired("Enter the person's name."), Length(max=200)])
    title = StringField("Job title", [Length(max=200)])
    email = StringField(
        "Work e-mail",
        [InputRequired("Enter the person's e-mail address."), Length(max=200)],
        description="The invitation and password links go there",
        render_kw={"type": "email", "autocomplete": "off"},
    )


class NewAccountForm(PersonForm):
    """A new person with a first role."""

    username = StringField(
        "User name",
        [InputRequired("Enter a user name."), Length(max=60)],
        description=USER_NAME_HINT,
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    role = choice_field(
        "Role",
        [(role.value, role.title) for role in Role],
        validators=[InputRequired("Choose a role.")],
        description="End users, agency leads and security officers belong to an agency",
    )
    agency = SelectField("Agency", validate_choice=True)

    def __init__(self, agencies: Sequence[tuple[int, str]]) -> None:
        super().__init__()
        self.agency.choices = _agency_choices(agencies)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `create_account`."""
        values = super().values()
        return {**values, "role": Role(values["role"]), "agency": _agency(values["agency"])}


class RoleForm(Form):
    """A further role for a person."""

    role = choice_field(
        "Role", [(role.value, role.title) for role in Role], validators=[InputRequired("Choose a role.")]
    )
    agency = SelectField("Agency", description="For roles of an agency")

    def __init__(self, agencies: Sequence[tuple[int, str]]) -> None:
        super().__init__()
        self.agency.choices = _agency_choices(agencies)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `grant_role`."""
        return {"role": Role(self.role.data), "agency": _agency(self.agency.data)}


def _agency_choices(agencies: Sequence[tuple[int, str]]) -> list[Any]:
    return choices([("", "None: the Systems Team"), *((str(id_), name) for id_, name in agencies)])


def _agency(choice: str | None) -> Agency | None:
    return db.session.get(Agency, int(choice)) if choice else None


class DisableForm(Form):
    """Why an account is disabled."""

    reason = choice_field(
        "Reason",
        [(reason.value, reason.title) for reason in DisabledReason],
        validators=[InputRequired("Choose a reason.")],
        description="Only staff see it",
    )

    on = DateField("Day", [Optional()], description="Empty: at once")
    at = TimeField("Time", [Optional()], description="When the person's access ends on that day; empty: as it begins")

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `disable_account`: the moment is that of the team's own clocks."""
        moment = in_zone(self.on.data, self.at.data) if self.on.data else None
        return {"reason": DisabledReason(self.reason.data), "begins_at": moment}


class LimitForm(Form):
    """The days between which an account is open."""

    first = DateField("First day", [Optional()], description="Empty: at once")
    last = DateField("Last day", [Optional()], description="Empty: until somebody closes it")

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `limit_account`: from the morning of the one to the end of the other."""
        first, last = self.first.data, self.last.data
        return {
            "valid_from": in_zone(first, None) if first else None,
            "valid_until": in_zone(last + timedelta(days=1), None) if last else None,
        }


@dataclass(frozen=True)
class Days:
    """The first and the last day of an account, as the form shows them."""

    first: date | None
    last: date | None


def shown_limits(account: Account) -> Days:
    """Return the days that the limits of an account are."""
    zone = ZoneInfo(current_settings().time_zone)
    first = account.valid_from.astimezone(zone).date() if account.valid_from else None
    last = (account.valid_until - timedelta(seconds=1)).astimezone(zone).date() if account.valid_until else None
    return Days(first, last)


def in_zone(on: date, at: time | None) -> datetime:
    """Return the moment that a day and a time (none: midnight) are in the zone of the team.

    An hour that is there twice, when clocks are set back, is the first; one that is left out is the one after it.
    """
    zone = ZoneInfo(current_settings().time_zone)
    return datetime.combine(on, at or time(), tzinfo=zone).astimezone(UTC)


class ForgotForm(Form):
    """Who can't sign in."""

    text = StringField(
        "User name or e-mail address",
        [DataRequired("Enter your user name or your e-mail address."), Length(max=200)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


class NewPasswordForm(Form):
    """A new password, typed twice."""

    password = PasswordField(
        "New password",
        [InputRequired("Enter a new password."), Length(max=MAXIMUM_LENGTH)],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "The same again",
        [InputRequired("Enter the password once more."), EqualTo("password", "The two are not the same.")],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, owner: User) -> None:
        super().__init__()
        self.password.description = rules_for(owner).hint


class ChangePasswordForm(NewPasswordForm):
    """A new password of one's own; it takes the present one."""

    current = PasswordField(
        "Present password",
        [InputRequired("Enter your present password."), Length(max=MAXIMUM_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )
