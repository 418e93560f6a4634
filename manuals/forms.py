"""The forms of the manuals."""

from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from adminops.web.guarding import CleanForm


class PageForm(CleanForm):
    """A page's draft."""

    title = StringField("Title", [InputRequired("Give the page a title."), Length(max=200)])
    section = StringField(
        "Section", [InputRequired("Choose a section."), Length(max=200)], description="Where it stands in the contents."
    )
    body = TextAreaField(
        "Text",
        [Length(max=200_000)],
        description="Markdown: ## heading, - list, **bold**, [link](address). No client data.",
        render_kw={"rows": 22},
    )


class DraftForm(PageForm):
    """The draft of a page that exists: remembers which version the writer began from."""

    version = IntegerField(widget=HiddenInput())


class PublishForm(CleanForm):
    """What is new in the revision."""

    note = StringField("What is new?", [Length(max=200)], description="A few words for the page's history.")
