"""The forms of lists: the file, its columns, taking it, and who somebody is."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from accounts.lists.mapping import FIELDS, NEEDED, OFFERED
from accounts.lists.models import ListPurpose, VendorList, VendorUser
from adminops.web.forms import Form, choices

LEFT = "Leave out"


class ListForm(Form):
    """The file of the vendor."""

    purpose = RadioField(
        "What is in it?",
        [InputRequired("Choose what is in it.")],
        choices=choices((purpose.value, purpose.title) for purpose in ListPurpose),
        default=ListPurpose.LOGINS.value,
    )
    source = StringField(
        "System it comes from",
        [InputRequired("Name the system."), Length(max=60)],
        default="clienttrack",
        description="Use the same name for every list of it",
    )
    file = FileField(
        "File",
        [FileRequired("Choose the file.")],
        description="CSV, up to 20 MB; the first line names the columns",
        render_kw={"accept": ".csv,.txt,.tsv,text/csv"},
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `upload_list`."""
        sent = self.file.data
        name = sent.filename or ""
        return {"purpose": ListPurpose(self.purpose.data), "source": self.source.data or "", "name": name}


class TakeForm(Form):
    """That a list is to be taken."""

    accept = BooleanField("I have looked at it: take it all the same")
    invites = BooleanField("Invite them by mail to choose a password")


class WhoForm(Form):
    """Who a user of the vendor is here."""

    username = StringField(
        "User name here",
        [Optional(), Length(max=200)],
        description="Or the work e-mail; empty where it is nobody of ours",
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


def columns_form(record: VendorList) -> Form:
    """Return the form of the columns of `record`, filled with what is known unless it was sent."""

    class OfFile(Form):
        """A field for each thing that a column may hold."""

    offered = choices([("", LEFT), *((column, column) for column in record.columns)])
    for name in OFFERED[record.purpose]:
        known, checks = FIELDS[name], []
        if name in NEEDED[record.purpose]:
            checks = [InputRequired("Choose the column.")]
        setattr(OfFile, name, SelectField(known.title, checks, choices=offered, description=known.hint))
    return OfFile(data=record.mapping)


def who_form(user: VendorUser) -> WhoForm:
    """Return the form of who `user` is, filled with who it may be."""
    guess = user.proposed or user.account
    return WhoForm(data={"username": guess.user.username if guess else ""})
