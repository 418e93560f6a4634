"""The model: what evidence is worth, what decisions say of it, and learning from them."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe import learning, queries
from dedupe import model_reads as reads
from dedupe.matching.tuning import Share
from dedupe.models import LessonState
from dedupe.views.blueprint import blueprint

VERBS = {
    "activate": (learning.activate_lesson, "In force. The store is scanned with it within a minute."),
    "take-back": (learning.take_lesson_back, "Taken back. The store is scanned without it within a minute."),
    "drop": (learning.drop_lesson, "Dropped. Nothing has changed."),
}


@blueprint.get("/model")
@access(Permission.REVIEW_DUPLICATES)
def model() -> ResponseReturnValue:
    """Show the model in force with its pictures, and its versions."""
    return render_template(
        "dedupe/model.html",
        shown=reads.the_model(signed_in_user()),
        lessons=learning.list_lessons(),
        studied=learning.present_study(),
    )


@blueprint.post("/model/learn")
@access(Permission.REVIEW_DUPLICATES)
def learn() -> ResponseReturnValue:
    """Have the decisions so far learned from."""
    form = ConfirmForm()
    if form.submitted():
        with form.refusals():
            lesson = learning.ask_to_learn(by=signed_in_user())
            return redirect(url_for(".lesson", lesson_id=lesson.id))
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".model"))


@blueprint.get("/model/versions/<int:lesson_id>")
@access(Permission.REVIEW_DUPLICATES)
def lesson(lesson_id: int) -> ResponseReturnValue:
    """Show what a lesson would change."""
    found = reads.get_lesson(lesson_id, signed_in_user())
    named = queries.personal_ids({id_ for key in ("in", "out") for id_ in _named(found.preview, key)})
    examples = {
        key: [each for each in found.preview.get(f"examples_{key}", []) if named.keys() >= set(each[:2])]
        for key in ("in", "out")
    }
    return render_template(
        "dedupe/lesson.html",
        lesson=found,
        changes=reads.changes_of(found),
        estimates=_estimates(found.preview),
        named=named,
        examples=examples,
        busy=found.state in (LessonState.WAITING, LessonState.RUNNING),
    )


@blueprint.post("/model/versions/<int:lesson_id>/<any('activate', 'take-back', 'drop'):what>")
@access(Permission.REVIEW_DUPLICATES, confirm=Again.USING)
def decide_lesson(lesson_id: int, what: str) -> ResponseReturnValue:
    """Put a lesson in force, take it back or drop it."""
    found, form = reads.get_lesson(lesson_id, signed_in_user()), ConfirmForm()
    verb, said = VERBS[what]
    if form.submitted():
        with form.refusals():
            verb(found, by=signed_in_user())
            flash(said, "good")
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".lesson", lesson_id=lesson_id))


def _named(preview: dict[str, list[list[int]]], key: str) -> set[int]:
    return {id_ for example in preview.get(f"examples_{key}", []) for id_ in example[:2]}


def _estimates(preview: dict[str, dict[str, object]]) -> list[tuple[str, object, Share, Share]]:
    """Return for today and for the proposal: surprise, precision and recall."""
    rows = (("Today", preview.get("before")), ("With this version", preview.get("after")))
    return [
        (title, told["surprise"], Share(*told["precision"]), Share(*told["recall"]))  # type: ignore[misc]
        for title, told in rows
        if told
    ]
