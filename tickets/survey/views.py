"""The page behind the link of a survey. Opening it counts nothing: mail programs open links by themselves."""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.refs import Ref
from adminops.web.access import PUBLIC, SIGNED_IN, access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.templating import render_card
from tickets.survey import operations
from tickets.survey.forms import SurveyForm
from tickets.survey.queries import has_refused, redeem

blueprint = Blueprint("survey", "tickets", url_prefix="/survey", template_folder="templates")


@blueprint.route("/<int:survey_id>/<token>", methods=["GET", "POST"])
@access(PUBLIC)
def answer(survey_id: int, token: str) -> ResponseReturnValue:
    """Show the question; the button counts."""
    try:
        survey = redeem(survey_id, token)
    except NotFound as dead:
        return _quiet(make_response(_page("survey_dead", sentence=dead.sentence), 404))
    person, form = survey.person, SurveyForm(survey)
    if form.submitted() and not form.replaced(survey.ticket.agency_id, person):
        with form.refusals():
            operations.answer_survey(survey, **form.values(), by=person)
            return _quiet(redirect(url_for(".answer", survey_id=survey_id, token=token)))
    form.mark(survey.ticket.agency_id, person)
    page = _page("survey", survey=survey, form=form, token=token, refused=has_refused(person.id))
    return _quiet(make_response(page, form.status))


@blueprint.post("/<int:survey_id>/<token>/no-more")
@access(PUBLIC)
def no_more(survey_id: int, token: str) -> ResponseReturnValue:
    """Ask this person no more."""
    form = ConfirmForm()
    if form.submitted():
        operations.refuse_surveys(by=redeem(survey_id, token).person)
    return _quiet(redirect(url_for(".answer", survey_id=survey_id, token=token)))


@blueprint.post("/wish")
@access(SIGNED_IN)
def wish() -> ResponseReturnValue:
    """Turn being asked off, or on again, on one's own page."""
    user = signed_in_user()
    if has_refused(user.id):
        operations.welcome_surveys(by=user)
        flash("You are asked again now and then.", "good")
    else:
        operations.refuse_surveys(by=user)
        flash("You are not asked any more.", "good")
    return redirect(url_for("signin.me"))


def wish_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card on one's own page that tells whether one is asked."""
    if ref.number != viewer.id:
        return None
    return render_card("tickets/survey_card.html", refused=has_refused(viewer.id))


def _page(name: str, **values: object) -> str:
    return render_template(f"tickets/{name}.html", shell="plain", **values)


def _quiet(answer: Response) -> Response:
    """Tell the browser to name this address to nobody, and machines not to keep it: the token is in it."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
