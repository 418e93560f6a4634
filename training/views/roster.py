"""What a trainer does with the people of a class: mark attendance, sign somebody up, take somebody out."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from training import operations, queries
from training.forms import MarkForm, SignUpForm
from training.models import LearnerState, Offering
from training.views.classes import class_page
from training.views.front import blueprint, get_class


@blueprint.post("/classes/<int:offering_id>/attendance")
@access(Permission.MANAGE_TRAINING)
def mark(offering_id: int) -> ResponseReturnValue:
    """Mark one person, or everybody who has no mark yet."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    if (form := MarkForm()).submitted():
        with form.refusals():
            _mark(offering, form, viewer)
            return redirect(url_for(".show_class", offering_id=offering.id, _anchor="results"))
    return class_page(offering, form)


def _mark(offering: Offering, form: MarkForm, viewer: User) -> None:
    if form.choice is None:
        operations.mark_all_attended(offering, by=viewer)
        return
    attendance, learner_id = form.choice
    learner = db.session.get(User, learner_id)
    if learner is None:
        raise Invalid("There is no such person.")
    operations.mark_attendance(offering, learner, attendance, by=viewer)


@blueprint.route("/classes/<int:offering_id>/sign-up", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def sign_up(offering_id: int) -> ResponseReturnValue:
    """Find somebody and sign them up."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    words = request.args.get("q", "").strip()[:100]
    if (form := SignUpForm()).submitted():
        with form.refusals():
            learner = db.session.get(User, form.learner_id.data)
            if learner is None:
                raise Invalid("There is no such person.", field="learner_id")
            enrollment = operations.sign_up_somebody(offering, learner, by=viewer)
            waits = enrollment.state is LearnerState.WAITING
            flash(f"{learner.name} is {'on the waiting list' if waits else 'signed up'}.", "good")
            return redirect(url_for(".sign_up", offering_id=offering.id))
    return render_template(
        "training/sign_up.html",
        row=queries.row_of(offering, viewer),
        form=form,
        words=words,
        found=queries.find_people(words, offering),
    ), form.status


@blueprint.route("/classes/<int:offering_id>/people/<int:learner_id>/take-out", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def take_out(offering_id: int, learner_id: int) -> ResponseReturnValue:
    """Ask once, then take somebody out of the class."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    learner = db.session.get(User, learner_id)
    if learner is None or not queries.was_in(offering, learner_id):
        raise NotFound("This person is not signed up for the class.")
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.take_out(offering, learner, by=viewer)
            flash(f"{learner.name} is no longer signed up.")
            return redirect(url_for(".show_class", offering_id=offering.id))
    row = queries.row_of(offering, viewer)
    return render_template("training/take_out.html", form=form, row=row, learner=learner), form.status
