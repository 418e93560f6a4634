"""The list of people, a person's page, new people and their roles."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts import policies, queries
from accounts.beside import beside
from accounts.forms import NewAccountForm, PersonForm, RoleForm
from accounts.models import Account, AccountState
from accounts.operations import change_account, create_account
from accounts.queries import AccountFilter
from accounts.seats.policies import check_may_end_at
from accounts.views.blueprint import blueprint, get_account, task_of
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.operations import grant_role, revoke_role
from adminops.identity.permissions import Permission, Role
from adminops.settings import current_settings
from adminops.web.access import Again, access, signed_in_user
from adminops.web.navigation import panels

SHOWN_STATES = (
    AccountState.REQUESTED,
    AccountState.ACTIVE,
    AccountState.PROVISIONING,
    AccountState.INVITED,
    AccountState.DISABLED,
    AccountState.ARCHIVED,
)


@blueprint.get("/accounts")
@access(Permission.READ_ACCOUNTS)
def index() -> ResponseReturnValue:
    """List the people whose accounts one may see."""
    viewer, wanted = signed_in_user(), _filter()
    counts = queries.count_accounts(wanted, viewer)
    agencies = queries.agencies_to_choose(viewer, Permission.READ_ACCOUNTS)
    return render_template(
        "accounts/index.html",
        page=queries.list_accounts(wanted, viewer, after=request.args.get("after")),
        wanted=wanted,
        total=counts.get(wanted.state, 0) if wanted.state else sum(counts.values()),
        views=[(state, counts.get(state, 0)) for state in SHOWN_STATES],
        everybody=sum(counts.values()),
        roles=[(role.value, role.title) for role in Role],
        filtered=any((wanted.words, wanted.agency_id, wanted.role)),
        agencies=agencies if len(agencies) > 1 else [],
        may_create=viewer.may(Permission.MANAGE_ACCOUNTS),
        may_trust=viewer.may(Permission.MANAGE_PROVIDERS),
        may_rule=viewer.may(Permission.KEEP_ACCESS_RULES),
        may_compare=viewer.may(Permission.MANAGE_ACCOUNTS) and bool(current_settings().directory_url),
    )


def _filter() -> AccountFilter:
    state, agency, role = (request.args.get(name, "") for name in ("state", "agency", "role"))
    return AccountFilter(
        words=request.args.get("q", "").strip()[:100],
        state=AccountState(state) if state in {s.value for s in SHOWN_STATES} else None,
        agency_id=int(agency) if agency.isdecimal() and len(agency) < 10 else None,
        role=Role(role) if role in {r.value for r in Role} else None,
    )


@blueprint.get("/accounts/<int:account_id>")
@access(Permission.READ_ACCOUNTS)
def show(account_id: int) -> ResponseReturnValue:
    """Show one person: who they are, what they may, and how their account stands."""
    viewer = signed_in_user()
    account = get_account(account_id, viewer)
    aside = beside(account, viewer)
    return render_template(
        "accounts/show.html",
        account=account,
        user=account.user,
        task=task_of(viewer),
        places=queries.places_of(account),
        history=queries.history_of(account),
        errand=queries.errand_of(account),
        aside=aside,
        may_end=[
            seat.id
            for seat in aside.seats
            if policies.refusal(check_may_end_at, account, seat.agency_id, by=viewer) is None
        ],
        cards=panels("user", account.user_id, viewer),
        sheet=aside.sheet if viewer.may(Permission.MANAGE_ACCOUNTS) else None,
        **_steps(account, viewer),
    )


def _steps(account: Account, viewer: User) -> dict[str, Any]:
    """Return what the viewer may do with the account now, for the buttons."""

    def may(check: Any) -> bool:
        return policies.refusal(check, account, by=viewer) is None

    return {
        "may_reset": may(policies.check_may_reset),
        "may_invite": may(policies.check_may_invite),
        "may_change": may(policies.check_may_change),
        "may_disable": may(policies.check_may_disable),
        "may_reactivate": may(policies.check_may_reactivate),
        "may_archive": may(policies.check_may_archive),
        "may_restore": may(policies.check_may_restore),
        "may_unlock": may(policies.check_may_unlock),
        "may_hold": may(policies.check_may_hold),
        "may_grant": may(policies.check_may_grant),
    }


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS, confirm=Again.OPENING)
def new() -> ResponseReturnValue:
    """Create an account and invite its owner."""
    viewer = signed_in_user()
    task = task_of(viewer)
    form = NewAccountForm(queries.agencies_to_choose(viewer, Permission.MANAGE_ACCOUNTS))
    if form.submitted():
        with form.refusals():
            account = create_account(**form.values(), by=viewer, request=task.ref)
            return task.done(f"{account.user.name} was invited by mail to choose a password.", account)
    return render_template("accounts/new.html", form=form, task=task), form.status


@blueprint.route("/accounts/<int:account_id>/edit", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS, confirm=Again.OPENING)
def edit(account_id: int) -> ResponseReturnValue:
    """Change a person's particulars."""
    viewer = signed_in_user()
    account = get_account(account_id, viewer)
    policies.check_may_change(account, by=viewer)
    if (form := PersonForm(obj=account.user)).submitted():
        with form.refusals():
            change_account(account, **form.values(), by=viewer)
            flash("Saved.", "good")
            return redirect(url_for(".show", account_id=account.id))
    return render_template("accounts/edit.html", form=form, account=account), form.status


@blueprint.route("/accounts/<int:account_id>/roles", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS, confirm=Again.OPENING)
def roles(account_id: int) -> ResponseReturnValue:
    """Give a person a further role."""
    viewer = signed_in_user()
    account = get_account(account_id, viewer)
    policies.check_may_grant(account, by=viewer)
    form = RoleForm(queries.agencies_to_choose(viewer, Permission.GRANT_ROLES))
    if form.submitted():
        with form.refusals():
            grant = grant_role(account.user, **form.values(), by=viewer)
            flash(f"{account.user.name} is {grant.role.title.lower()} now, from the next sign-in.", "good")
            return redirect(url_for(".show", account_id=account.id))
    return render_template("accounts/role.html", form=form, account=account), form.status


@blueprint.route("/accounts/<int:account_id>/roles/<int:grant_id>/revoke", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS, confirm=Again.OPENING)
def revoke(account_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role away, after asking once."""
    viewer = signed_in_user()
    account = get_account(account_id, viewer)
    policies.check_may_grant(account, by=viewer)
    grant = queries.find_grant(account, grant_id)
    if grant is None:
        raise NotFound("This person does not have that role any more.")
    if request.method == "POST":
        revoke_role(grant, by=viewer)
        flash(f"{account.user.name} no longer has the role {grant.role.title.lower()}.", "good")
        return redirect(url_for(".show", account_id=account.id))
    return render_template("accounts/revoke.html", account=account, grant=grant)
