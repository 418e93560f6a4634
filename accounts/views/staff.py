"""What an agency's lead has in one place: their people, who leaves, and the list to confirm each quarter."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts import roster
from accounts.agreements.queries import today
from accounts.leaving import operations as leaving
from accounts.leaving import policies as leaving_rules
from accounts.leaving import queries as leavers
from accounts.leaving.forms import LeaverForm
from accounts.leaving.models import Departure
from accounts.licenses.queries import find_agency
from accounts.policies import refusal
from accounts.queries import AccountFilter, agencies_to_choose, count_accounts
from accounts.reviewing import operations as reviewing
from accounts.reviewing import policies as review_rules
from accounts.reviewing import queries as reviews_
from accounts.reviewing.models import AccessReview, ReviewAnswer, ReviewState
from accounts.seats import operations as seating
from accounts.seats import queries as seats
from accounts.seats.policies import check_may_end
from accounts.views.blueprint import blueprint, get_account, why_not
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import link_to


@blueprint.get("/accounts/staff")
@access(Permission.READ_ACCOUNTS)
def own_staff() -> ResponseReturnValue:
    """Lead to the people of the viewer's agency; who sees several chooses one."""
    agencies = agencies_to_choose(signed_in_user(), Permission.READ_ACCOUNTS)
    if len(agencies) == 1:
        return redirect(url_for(".staff", agency_id=agencies[0][0]))
    return redirect(url_for("agencies.index"))


@blueprint.get("/accounts/agencies/<int:agency_id>")
@access(Permission.READ_ACCOUNTS)
def staff(agency_id: int) -> ResponseReturnValue:
    """Show the people of one agency: how each account stands, and what runs out."""
    viewer, words = signed_in_user(), request.args.get("q", "").strip()[:100]
    agency = find_agency(agency_id, viewer)
    if agency is None:
        raise NotFound("There is no such agency.")
    counts = count_accounts(AccountFilter(words=words, agency_id=agency.id, states=roster.SHOWN), viewer)
    return render_template(
        "accounts/staff/roster.html",
        agency=agency,
        page=roster.list_roster(agency.id, viewer, words=words, after=request.args.get("after")),
        total=sum(counts.values()),
        words=words,
        today=today(),
        review=reviews_.open_review_of(agency.id),
        may_report=viewer.reach(Permission.REPORT_LEAVERS).covers(agency.id),
        ask=link_to(Ref.to("ask", "new_account"), viewer),
    )


@blueprint.route("/accounts/<int:account_id>/leaving", methods=["GET", "POST"])
@access(Permission.REPORT_LEAVERS)
def leaver(account_id: int) -> ResponseReturnValue:
    """Say that somebody leaves: access ends by itself at the moment that is named."""
    viewer, form = signed_in_user(), LeaverForm()
    account = get_account(account_id, viewer)
    refused = why_not(leaving_rules.check_may_report, account, viewer)
    if form.submitted() and not refused:
        with form.refusals():
            departure = leaving.report_leaver(account, **form.values(), by=viewer)
            flash("It is noted: access ends by itself, and the Systems Team closes the HMIS within 24 hours.", "good")
            return redirect(url_for(".leaver_page", departure_id=departure.id))
    known = leavers.of_account(account.id)
    page = render_template("accounts/staff/leaving.html", account=account, form=form, refused=refused, known=known)
    return page, 422 if form.is_submitted() and refused else form.status


@blueprint.get("/accounts/leavers")
@access(Permission.READ_ACCOUNTS)
def leavers_list() -> ResponseReturnValue:
    """List who leaves, and where the HMIS still has to be closed."""
    viewer, over = signed_in_user(), request.args.get("show") == "over"
    going, ended = leavers.count_leavers(viewer)
    return render_template(
        "accounts/staff/leavers.html",
        page=leavers.list_leavers(viewer, over=over, after=request.args.get("after")),
        over=over,
        going=going,
        ended=ended,
    )


@blueprint.get("/accounts/leavers/<int:departure_id>")
@access(Permission.READ_ACCOUNTS)
def leaver_page(departure_id: int) -> ResponseReturnValue:
    """Show how far it is with somebody who leaves."""
    viewer = signed_in_user()
    departure = _departure(departure_id, viewer)
    return render_template(
        "accounts/staff/leaver.html",
        departure=departure,
        user=departure.account.user,
        ticket=link_to(departure.ticket, viewer) if departure.ticket else None,
        may_close=refusal(leaving_rules.check_may_close, departure, by=viewer) is None,
        may_withdraw=refusal(leaving_rules.check_may_withdraw, departure, by=viewer) is None,
    )


@blueprint.route("/accounts/leavers/<int:departure_id>/closed", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def close_leaver(departure_id: int) -> ResponseReturnValue:
    """Note that the HMIS is closed to the person."""
    viewer = signed_in_user()
    departure = _departure(departure_id, viewer)
    leaving_rules.check_may_close(departure, by=viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            leaving.close_leaver(departure, by=viewer)
            flash("It is noted.", "good")
            return redirect(url_for(".leaver_page", departure_id=departure.id))
    return render_template("accounts/staff/confirm.html", departure=departure, form=form, closes=True), form.status


@blueprint.route("/accounts/leavers/<int:departure_id>/withdraw", methods=["GET", "POST"])
@access(Permission.REPORT_LEAVERS)
def withdraw_leaver(departure_id: int) -> ResponseReturnValue:
    """Say that the person stays after all."""
    viewer = signed_in_user()
    departure = _departure(departure_id, viewer)
    leaving_rules.check_may_withdraw(departure, by=viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            leaving.withdraw_leaver(departure, by=viewer)
            flash("It is taken back: access goes on.", "good")
            return redirect(url_for(".leaver_page", departure_id=departure.id))
    return render_template("accounts/staff/confirm.html", departure=departure, form=form, closes=False), form.status


@blueprint.route("/accounts/seats/<int:seat_id>/end", methods=["GET", "POST"])
@access(Permission.REPORT_LEAVERS)
def end_seat(seat_id: int) -> ResponseReturnValue:
    """End somebody's work for a further agency, after asking once."""
    viewer = signed_in_user()
    seat = seats.find_seat(seat_id, viewer)
    if seat is None:
        raise NotFound("This has ended already, or never was.")
    check_may_end(seat, by=viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            seating.end_seat(seat, by=viewer)
            flash("It has ended: the role is gone, and the person signed out.", "good")
            return redirect(url_for(".own_staff"))
    return render_template("accounts/staff/end_seat.html", seat=seat, user=seat.account.user, form=form), form.status


@blueprint.get("/accounts/reviews")
@access(Permission.READ_ACCOUNTS)
def reviews() -> ResponseReturnValue:
    """List the lists on which agencies confirm their people."""
    viewer, named = signed_in_user(), request.args.get("state", ReviewState.OPEN.value)
    state = ReviewState(named) if named in set(ReviewState) else None
    counts = reviews_.count_reviews(viewer)
    return render_template(
        "accounts/staff/reviews.html",
        page=reviews_.list_reviews(viewer, state=state, after=request.args.get("after")),
        state=state,
        counts=[(each, counts.get(each, 0)) for each in ReviewState],
        total=counts.get(state, 0) if state else sum(counts.values()),
    )


@blueprint.route("/accounts/reviews/<int:review_id>", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def review(review_id: int) -> ResponseReturnValue:
    """Show one list, and take what is said about its people."""
    viewer, form = signed_in_user(), ConfirmForm()
    found = reviews_.find_review(review_id, viewer)
    if found is None:
        raise NotFound("There is no such list.")
    if form.submitted():
        with form.refusals():
            said = reviewing.answer_lines(found, _answers(found), by=viewer)
            flash(_thanks(found, said), "good" if said else "info")
            return redirect(url_for(".review", review_id=found.id))
    return render_template("accounts/staff/review.html", review=found, form=form, **_shown(found, viewer)), form.status


def _answers(review: AccessReview) -> dict[int, ReviewAnswer]:
    sent = {line.id: request.form.get(f"line-{line.id}", "") for line in review.lines}
    return {id_: ReviewAnswer(answer) for id_, answer in sent.items() if answer in set(ReviewAnswer)}


def _thanks(review: AccessReview, said: int) -> str:
    if review.state is ReviewState.DONE:
        return "Thank you: everybody is confirmed, until the next quarter."
    left = sum(line.answer is None for line in review.lines)
    return f"{said} noted, {left} {'is' if left == 1 else 'are'} left." if said else "Nothing was chosen yet."


def _shown(review: AccessReview, viewer: User) -> dict[str, Any]:
    """Return what the page needs beside the list: whose line the viewer may fill, and where a role is changed."""
    may_answer = refusal(review_rules.check_may_answer, review, by=viewer) is None
    mine = {line.id for line in review.lines if refusal(review_rules.check_may_speak_of, line, by=viewer) is None}
    return {
        "mine": mine if may_answer else set(),
        "may_answer": may_answer,
        "answers": list(ReviewAnswer),
        "left": sum(line.answer is None for line in review.lines),
        "ask": link_to(Ref.to("ask", "access_change"), viewer),
    }


def _departure(departure_id: int, viewer: User) -> Departure:
    found = leavers.find_leaver(departure_id, viewer)
    if found is None:
        raise NotFound("Nobody is reported to leave under this number.")
    return found
