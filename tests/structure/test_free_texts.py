"""Every field that somebody may write into freely passes the guard, or says here why it need not."""

import importlib
import pkgutil
from collections.abc import Iterator

from wtforms import StringField, TextAreaField
from wtforms.fields.core import UnboundField

import wsgi
from adminops.web.forms import Form
from adminops.web.guarding import GuardedForm
from adminops.web.typed import TEXTS
from tests.structure.tree import PACKAGES

NEED_MORE = "accounts.directory.network", "accounts.directory.wire", "dedupe.matching.spark"
"""Modules that hold no form, and can't be loaded where python-ldap could not be built."""

REQUESTS = "request_types", "request_forms"
"""Modules of the forms of request types: their answers are texts of a ticket (`tickets.guarded.texts_of_request`)."""

STAFFS = "It is about somebody who works with AdminOps, or it is the name of their account."
LOOK_UP = "It is looked up and never stored."
RECORD = "It is a field of HUD's record of a project or an agency, which is no client's."
SETTING = "It is read by a program: a list of days, a code, a time zone, a rule."
VERB = (
    "The verbs look at it: `tickets.tagging`, `tickets.saving`, `tickets.canned`, `tickets.cases`, `tickets.problems`."
)
EXEMPT = {
    "accounts.forms.PersonForm": (("name", "title", "email"), STAFFS),
    "accounts.forms.NewAccountForm": (("name", "title", "email", "username"), STAFFS),
    "accounts.agreements.forms.TextForm": (("body",), "It is what everybody signs."),
    "accounts.agreements.forms.SignForm": (("typed_name",), STAFFS),
    "accounts.lists.forms.ListForm": (("source",), "It is the name of a system."),
    "accounts.lists.forms.WhoForm": (("username",), STAFFS),
    "accounts.licenses.forms.InvoiceForm": (("invoice",), "It is the number of an invoice."),
    "accounts.outside.forms.ProviderForm": (("name", "issuer", "client_id", "domains"), SETTING),
    "accounts.forms.ForgotForm": (("text",), LOOK_UP),
    "adminops.audit.forms.ExportForm": (("actor",), LOOK_UP),
    "adminops.agencies.forms.AgencyForm": (("name", "phone"), RECORD),
    "adminops.agencies.forms.AgreementForm": (("signer",), STAFFS),
    "adminops.clients.forms.LookUpForm": (("words", "birth_date"), LOOK_UP),
    "adminops.clients.forms.SsnForm": (("ssn",), LOOK_UP),
    "adminops.imports.forms.UploadForm": (("source",), SETTING),
    "adminops.imports.forms.SourceForm": (("name", "vendor", "known_ids", "cocs", "time_zone"), SETTING),
    "adminops.privacy.forms.SettleForm": (("how",), "It is a button. The texts are what a redactor takes data out of."),
    "adminops.programs.forms.ProgramForm": (
        ("name", "coc_code", "geocode", "address", "city", "state", "zip", "other_funder", "grant_id"),
        RECORD,
    ),
    "adminops.signin.forms.CodeForm": (("code",), LOOK_UP),
    "adminops.signin.forms.NewKeyForm": (("name",), "It is what somebody calls a thing of their own."),
    "adminops.signin.forms.SecondStepForm": (("code",), LOOK_UP),
    "adminops.signin.forms.SignInForm": (("username",), STAFFS),
    "dedupe.forms.AnswerForm": (("answer",), "One of three words."),
    "dedupe.forms.DecisionForm": (
        ("act", "keep", "name", "dob", "ssn", "sex", "race", "veteran"),
        "Sides and numbers.",
    ),
    "dedupe.forms.LookUpForm": (("first", "last", "birth_date", "ssn"), LOOK_UP),
    "dedupe.forms.RequestForm": (("first_client", "second_client"), "IDs of clients, checked to be nothing else."),
    "dedupe.forms.SeenForm": (("seen",), "The mark of the page."),
    "tickets.bulk.forms.BulkForm": (("tag",), VERB),
    "tickets.cases.forms.CaseForm": (("vendor", "number", "title", "release"), VERB),
    "tickets.cases.forms.PassForm": (("vendor", "number", "title", "release"), VERB),
    "tickets.forms.MessageForm": (("insert",), "It is a button."),
    "tickets.forms.TagForm": (("name",), VERB),
    "tickets.forms.ViewForm": (("name", "query"), VERB),
    "tickets.views.canned.CannedForm": (("title", "body"), VERB),
    "tickets.forms.TeamTicketForm": (("on_behalf_of",), STAFFS),
    "tickets.goals.forms.PolicyForm": (("steps",), SETTING),
    "tickets.importing.forms.ColumnsForm": (("source",), "It is the name of a desk."),
    "tickets.notices.forms.WishesForm": (("zone",), SETTING),
    "tickets.problems.forms.ProblemForm": (("title", "body"), VERB),
    "tickets.problems.forms.SolvedForm": (("body",), "It is planned for many tickets: `tickets.bulk` looks at it."),
    "tickets.mail.forms.ClaimForm": (("person",), STAFFS),
    "tickets.views.sharing.ParticipantForm": (("person",), STAFFS),
    "tickets.webhooks.forms.WebhookForm": (("address", "secret"), SETTING),
    "training.forms.ClassForm": (("place", "link"), "A room or a street of an agency, and an address of a meeting."),
    "training.forms.MarkForm": (("mark",), "It is a button."),
}


def forms() -> Iterator[type[Form]]:
    """Yield every form of the application."""
    assert wsgi.FEATURES
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if "style_guide" not in module.name and module.name not in NEED_MORE:
                importlib.import_module(module.name)
    waiting = list(Form.__subclasses__())
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if form.__module__.partition(".")[0] in PACKAGES and "style_guide" not in form.__module__:
            yield form


def free_texts(form: type[Form]) -> set[str]:
    """Return the names of the fields of `form` that take any text and that no guard looks at."""
    own = {name for name in dir(form) if isinstance(getattr(form, name), UnboundField)}
    free = {name for name in own if getattr(form, name).field_class in (StringField, TextAreaField)} - form.buttons
    return free & form.unguarded if issubclass(form, GuardedForm) else free


def name_of(form: type[Form]) -> str:
    return f"{form.__module__}.{form.__qualname__}"


def exempt(form: type[Form]) -> set[str]:
    """Return the fields of `form`, those of the forms it is made from too, that are named as exempt."""
    return {
        field for each in form.__mro__ for field in EXEMPT.get(f"{each.__module__}.{each.__qualname__}", ((), ""))[0]
    }


def test_every_free_text_is_guarded_or_says_why_not() -> None:
    found = {}
    for form in forms():
        if form.__module__.rpartition(".")[2] not in REQUESTS and (left := free_texts(form) - exempt(form)):
            found[name_of(form)] = sorted(left)
    assert not found, f"Let these pass the guard (CleanForm, GuardedForm), or say above why not: {found}"


def test_nothing_is_named_that_is_not_there() -> None:
    by_name = {name_of(form): form for form in forms()}
    gone = {name: fields for name, (fields, _) in EXEMPT.items() if name not in by_name}
    assert not gone
    for name, (fields, reason) in EXEMPT.items():
        assert set(fields) <= free_texts(by_name[name]), name
        assert reason.endswith(".")


def test_every_text_of_several_lines_is_given_back_where_it_can_not_be_taken() -> None:
    lost = {}
    for form in forms():
        fields = [name for name in dir(form) if isinstance(getattr(form, name), UnboundField)]
        long = {name for name in fields if issubclass(getattr(form, name).field_class, TextAreaField)}
        if left := long - TEXTS.keys():
            lost[name_of(form)] = sorted(left)
    assert not lost, f"Name these in adminops.web.typed.TEXTS: {lost}"
