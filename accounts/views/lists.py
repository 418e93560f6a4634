"""The pages of the vendor's lists: upload, name the columns, look at what it comes to, take; and what differs."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.lists import mapping, operations, queries
from accounts.lists.forms import ListForm, TakeForm, columns_form, who_form
from accounts.lists.models import ListPurpose, ListState, RowOutcome, VendorList
from accounts.lists.reading import LARGEST
from accounts.queries import find_named
from accounts.views.blueprint import blueprint
from adminops.errors import Invalid, NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm

SHOWN = 200
"""Rows that were refused are shown so far; all of them stand in the report of the command line."""
OPEN = (ListState.UPLOADED, ListState.HELD)


@blueprint.get("/accounts/lists")
@access(Permission.MANAGE_ACCOUNTS)
def lists() -> ResponseReturnValue:
    """List what came from the vendor, with what differs from the accounts here."""
    operations.check_may_take(by=signed_in_user())
    page = queries.list_lists(after=request.args.get("after"))
    differences = queries.count_differences()
    return render_template(
        "accounts/lists/index.html", page=page, total=queries.count_lists(), differences=differences.items()
    )


@blueprint.route("/accounts/lists/new", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def new_list() -> ResponseReturnValue:
    """Take a file of the vendor."""
    if (form := ListForm()).submitted():
        with form.refusals():
            raw = form.file.data.stream.read(LARGEST + 1)
            record = operations.upload_list(raw, **form.values(), by=signed_in_user())
            return redirect(url_for(".list_columns", list_id=record.id))
    return render_template("accounts/lists/new.html", form=form), form.status


@blueprint.route("/accounts/lists/<int:list_id>/columns", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def list_columns(list_id: int) -> ResponseReturnValue:
    """Say which column is what, beside the first rows."""
    record = _get(list_id)
    form, sheet = columns_form(record), queries.sheet_of(record)
    if form.submitted():
        with form.refusals():
            operations.map_list(record, form.values(), by=signed_in_user())
            return redirect(url_for(".list_page", list_id=record.id))
    page = render_template(
        "accounts/lists/columns.html", record=record, form=form, rows=[cells for _, cells in sheet.rows[:3]]
    )
    return page, form.status


@blueprint.route("/accounts/lists/<int:list_id>", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def list_page(list_id: int) -> ResponseReturnValue:
    """Show what a list would come to, or came to; take it."""
    record, form = _get(list_id), TakeForm()
    if form.submitted():
        with form.refusals():
            accept, invites = bool(form.accept.data), bool(form.invites.data)
            state = operations.take_list(record, accept=accept, invites=invites, by=signed_in_user())
            flash(*_said(state))
            return redirect(url_for(".list_page", list_id=record.id))
    if record.state in OPEN:
        return _trial(record, form)
    faults = queries.rows_of(record, RowOutcome.REFUSED, limit=SHOWN)
    counts = record.told or queries.counts_of(record)
    page = render_template("accounts/lists/show.html", record=record, faults=faults, counts=counts, form=ConfirmForm())
    return page, form.status


def _trial(record: VendorList, form: TakeForm) -> ResponseReturnValue:
    """Show what a list would come to; one whose columns are not all named leads to where they are."""
    try:
        mapping.settle(record.mapping, record.columns, record.purpose)
    except Invalid:
        return redirect(url_for(".list_columns", list_id=record.id))
    judged = queries.judged_of(record)
    people = queries.people_here()
    page = render_template(
        "accounts/lists/trial.html",
        record=record,
        form=form,
        judged=judged,
        faults=judged.faults[:SHOWN],
        known=sum(queries.match(entry, people)[1] is not None for entry in judged.entries),
        brakes=queries.brakes_of(record, judged),
        adds=record.purpose is ListPurpose.USERS,
    )
    return page, form.status


@blueprint.post("/accounts/lists/<int:list_id>/drop")
@access(Permission.MANAGE_ACCOUNTS)
def drop_list(list_id: int) -> ResponseReturnValue:
    """Let a list go unread."""
    operations.drop_list(_get(list_id), by=signed_in_user())
    flash("The list was dropped, and its file is forgotten.", "good")
    return redirect(url_for(".lists"))


@blueprint.get("/accounts/lists/differences/<kind>")
@access(Permission.MANAGE_ACCOUNTS)
def differences(kind: str) -> ResponseReturnValue:
    """List what the vendor's newest list and the accounts here do not agree on."""
    operations.check_may_take(by=signed_in_user())
    if kind not in set(queries.Difference):
        raise NotFound("There is no such list.")
    which, after = queries.Difference(kind), request.args.get("after")
    only_here = which is queries.Difference.ONLY_HERE
    return render_template(
        "accounts/lists/differences.html",
        which=which,
        page=queries.list_only_here(after=after) if only_here else queries.list_users(which, after=after),
        counts=queries.count_differences(),
        only_here=only_here,
    )


@blueprint.route("/accounts/lists/people/<int:vendor_user_id>", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def who(vendor_user_id: int) -> ResponseReturnValue:
    """Say who a user of the vendor is here."""
    viewer, user = signed_in_user(), queries.find_user_there(vendor_user_id)
    operations.check_may_take(by=viewer)
    if user is None:
        raise NotFound("The vendor's lists hold nobody of this number.")
    if (form := who_form(user)).submitted():
        with form.refusals():
            named = (form.username.data or "").strip()
            account = find_named(named, viewer) if named else None
            if named and account is None:
                raise Invalid("There is nobody here with that user name or address.", field="username")
            operations.settle_user(user, account, by=viewer)
            flash("It is noted, and later lists keep to it.", "good")
            return redirect(url_for(".differences", kind=queries.Difference.DECIDE.value))
    return render_template("accounts/lists/who.html", there=user, form=form), form.status


def _said(state: ListState) -> tuple[str, str]:
    if state is ListState.HELD:
        return "Look at what is odd about it first, and say so.", "warn"
    return ("It is taken." if state is ListState.DONE else "It is being taken: a few people at a time."), "good"


def _get(list_id: int) -> VendorList:
    operations.check_may_take(by=signed_in_user())
    found = queries.find_list(list_id)
    if found is None:
        raise NotFound("There is no such list.")
    return found
