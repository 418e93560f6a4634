"""The components: what they draw, how they tie labels, hints and errors together, and that they escape data."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

import wsgi
from adminops.app import AdminOps, create_app
from adminops.settings import Settings
from adminops.web.fields import attributes, kind
from adminops.web.forms import Form, choices
from adminops.web.style_guide import PAGES, TEMPLATES, components, usage_of
from tests.browsing import Page, Visitor

HOSTILE = '"><script>alert(1)</script>'
ONE_TWO = choices([("1", "One"), ("2", "Two")])


class Inner(PlainForm):
    phone = StringField("Phone", [DataRequired("Enter a phone number.")])


class Everything(Form):
    title = StringField("Title", [DataRequired("Enter a title.")], description="A few words.")
    beds = IntegerField("Beds", render_kw={"class": "wide", "max": 10})
    starts_on = DateField("Starts on")
    text = TextAreaField("Text")
    role = SelectField("Role", choices=ONE_TWO)
    voice = RadioField("Voice", [DataRequired("Choose a voice.")], choices=ONE_TWO)
    days = SelectMultipleField("Days", choices=ONE_TWO, widget=ListWidget(), option_widget=CheckboxInput())
    secret = PasswordField("Secret")
    upload = FileField("Upload")
    agreed = BooleanField("I agree", description="Version 3")
    inner = FormField(Inner, "Inner")
    names = FieldList(StringField("Name"), "Names", min_entries=1)
    token = HiddenField("Token")
    send = SubmitField("Send")


@pytest.fixture
def context(sqlite_app: AdminOps) -> Iterator[AdminOps]:
    with sqlite_app.test_request_context("/"):
        yield sqlite_app


@pytest.fixture
def form(context: AdminOps) -> Everything:
    return Everything(formdata=None, meta={"csrf": False})


@pytest.fixture
def wrong(form: Everything) -> Everything:
    form.validate()
    return form


def draw(app: AdminOps, file: str, macro: str, *args: Any, **kwargs: Any) -> str:
    return str(getattr(app.jinja_env.get_template(f"ui/{file}.html").module, macro)(*args, **kwargs))


def write(app: AdminOps, template: str, **values: Any) -> str:
    return app.jinja_env.from_string(template).render(**values)


# Fields


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("title", "input"),
        ("beds", "input"),
        ("starts_on", "input"),
        ("text", "textarea"),
        ("role", "select"),
        ("voice", "choices"),
        ("days", "choices"),
        ("secret", "password"),
        ("upload", "file"),
        ("agreed", "check"),
        ("inner", "form"),
        ("names", "list"),
        ("token", "hidden"),
    ],
)
def test_every_kind_of_field_is_known(form: Everything, name: str, expected: str) -> None:
    assert kind(form[name]) == expected


def test_a_field_ties_its_label_hint_and_error_to_the_control(context: AdminOps, wrong: Everything) -> None:
    html = draw(context, "field", "field", wrong.title)
    assert '<label for="title">Title' in html
    assert '<p class="field-hint" id="title-hint">A few words.</p>' in html
    assert 'aria-describedby="title-hint title-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="title-error"' in html
    assert "Enter a title." in html


def test_a_right_field_says_nothing_of_errors(context: AdminOps, form: Everything) -> None:
    html = draw(context, "field", "field", form.role)
    assert "aria-invalid" not in html
    assert "aria-describedby" not in html


def test_a_required_field_is_marked(context: AdminOps, form: Everything) -> None:
    assert "field-required" in draw(context, "field", "field", form.title)
    assert "field-required" not in draw(context, "field", "field", form.text)


def test_a_radio_group_is_a_fieldset_with_its_error(context: AdminOps, wrong: Everything) -> None:
    html = draw(context, "field", "field", wrong.voice)
    assert re.search(r'<fieldset class="field" aria-describedby="voice-error">\s*<legend>Voice', html)
    assert html.count('type="radio"') == 2
    assert "Choose a voice." in html


def test_a_list_of_checkboxes_is_a_fieldset(context: AdminOps, form: Everything) -> None:
    html = draw(context, "field", "field", form.days)
    assert html.count('type="checkbox"') == 2
    assert "<legend>Days" in html


def test_a_checkbox_stands_before_its_words(context: AdminOps, form: Everything) -> None:
    html = draw(context, "field", "field", form.agreed)
    assert html.index("<input") < html.index("I agree")
    assert '<small id="agreed-hint">Version 3</small>' in html


def test_a_password_can_be_shown(context: AdminOps, form: Everything) -> None:
    html = draw(context, "field", "field", form.secret)
    assert 'data-show-password="secret"' in html
    assert 'type="button"' in html


def test_a_form_in_a_form_draws_its_fields(context: AdminOps, wrong: Everything) -> None:
    html = draw(context, "field", "field", wrong.inner)
    assert "<legend>Inner</legend>" in html
    assert 'name="inner-phone"' in html
    assert "Enter a phone number." in html


def test_a_list_of_fields_draws_each(context: AdminOps, form: Everything) -> None:
    assert 'name="names-0"' in draw(context, "field", "field", form.names)


def test_attributes_add_up_classes_and_prefer_the_page(form: Everything) -> None:
    attrs = attributes(form.beds, None, {"max": 5}, short=True)
    assert attrs == {"class": "input input-short wide", "max": 5}


def test_a_row_of_buttons_is_a_radio_group(context: AdminOps, form: Everything) -> None:
    form.voice.data = "2"
    html = draw(context, "field", "segmented", form.voice, icons={"1": "reply"})
    assert re.search(r'value="2" checked', html)
    assert "#reply" in html


# Forms


def test_a_form_sends_its_token_and_its_files(context: AdminOps, form: Everything) -> None:
    html = draw(context, "form", "form_of", form, submit="Send", action="/here", cancel_url="/back")
    assert re.search(r'<form class="form" method="post" action="/here" novalidate enctype="multipart/form-data">', html)
    assert html.count('name="csrf_token"') == 1
    assert 'name="token"' in html
    assert '<a class="button button-quiet" href="/back">Cancel</a>' in html
    assert 'name="send"' not in html


def test_a_form_without_files_is_sent_plainly(context: AdminOps) -> None:
    class Small(Form):
        title = StringField("Title")

    assert "multipart" not in draw(context, "form", "form_of", Small(formdata=None))


def test_the_summary_links_to_every_wrong_field(context: AdminOps, wrong: Everything) -> None:
    wrong.refuse("This class is full.")
    html = draw(context, "form", "error_summary", wrong)
    assert 'role="alert"' in html
    assert "This class is full." in html
    assert '<a href="#title">Title</a>: Enter a title.' in html


def test_a_right_form_has_no_summary(context: AdminOps, form: Everything) -> None:
    assert draw(context, "form", "error_summary", form).strip() == ""


# Lists


def test_a_count_is_said_in_words(context: AdminOps) -> None:
    head = draw(context, "table", "list_head", 1, "ticket")
    assert ">1</strong> ticket<" in head.replace("\n", "")
    assert "20,000</strong> tickets" in draw(context, "table", "list_head", 20000, "ticket")
    assert "agencies for “x”" in draw(context, "table", "list_head", 2, "agency", plural="agencies", searched="x")


def test_a_table_has_a_caption_and_column_heads(context: AdminOps) -> None:
    html = write(
        context,
        '{% from "ui/table.html" import table %}'
        '{% call table("Tickets", ["Ticket", {"label": "Due", "url": "?sort=due", "sorted": "descending"}]) %}'
        "<tr><td>1</td></tr>{% endcall %}",
    )
    assert '<caption class="visually-hidden">Tickets</caption>' in html
    assert '<th scope="col">Ticket</th>' in html
    assert 'aria-sort="descending"' in html
    assert '<a href="?sort=due">Due' in html


def test_a_column_of_buttons_has_no_empty_head(context: AdminOps) -> None:
    html = write(
        context,
        '{% from "ui/table.html" import table %}{% call table("Jobs", ["Job", ""]) %}{% endcall %}',
    )
    assert html.count("<th ") == 1


def test_a_pager_shows_only_the_ways_there_are(context: AdminOps) -> None:
    last = draw(context, "pager", "pager", 25, previous_url="?before=1")
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    assert "hx-push-url" in last
    assert draw(context, "pager", "pager", 25).strip() == ""


def test_filters_are_a_form_that_works_without_a_script(context: AdminOps) -> None:
    html = write(
        context,
        '{% from "ui/filters.html" import filters, filter_select %}'
        '{% call filters("/tickets", q="a", hidden={"view": "mine", "after": none}) %}'
        '{{ filter_select("status", "Status", [(1, "One"), (2, "Two")], "2", "Any status") }}{% endcall %}',
    )
    assert 'action="/tickets"' in html
    assert re.search(r"<noscript><button[^>]*>Apply</button></noscript>", html)
    assert '<input type="hidden" name="view" value="mine">' in html
    assert 'name="after"' not in html
    assert '<option value="2" selected>Two</option>' in html
    assert '<label for="filter-status">Status</label>' in html


def test_a_tab_without_a_count_shows_none(context: AdminOps) -> None:
    html = draw(context, "tabs", "tabs", [{"label": "Mine", "url": "?", "current": True}, {"label": "All", "url": "?"}])
    assert html.count("aria-current") == 1
    assert "tabs-count" not in html


def test_an_empty_list_offers_its_ways_out(context: AdminOps) -> None:
    html = draw(context, "empty", "empty", "Nothing", "Try less.", [("Clear filters", "/a"), ("Search", "/b")])
    assert re.findall(r'href="(/[ab])"', html) == ["/a", "/b"]


# Buttons and dialogs


def test_a_button_takes_its_key_and_attributes(context: AdminOps) -> None:
    html = draw(context, "button", "button", "Merge", kind="primary", icon="merge", key="m", attrs={"data-x": "1"})
    assert html.startswith('<button class="button button-primary" type="submit" data-press="m" data-x="1">')
    assert "<kbd" in html


def test_an_icon_button_has_a_name(context: AdminOps) -> None:
    assert 'aria-label="Close"' in draw(context, "button", "icon_button", "Close", "x")


def test_asking_once_works_without_a_script(context: AdminOps) -> None:
    link = draw(context, "confirm", "confirm_link", "Archive", "/archive", dialog="sure")
    assert 'href="/archive" data-open="sure"' in link
    dialog = draw(context, "confirm", "confirm_dialog", "sure", "Archive it?", "/archive", "Archive")
    assert re.search(r'<form method="post" action="/archive"><input type="hidden" name="csrf_token"', dialog)
    page = draw(context, "confirm", "confirm_page", "/archive", "Archive", "/back")
    assert 'name="csrf_token"' in page


def test_a_dialog_can_send_a_form_of_the_page(context: AdminOps) -> None:
    dialog = draw(context, "confirm", "confirm_dialog", "sure", "Merge?", "/m", "Merge", form="comparison", name="act")
    assert "<form" not in dialog
    assert 'form="comparison" formaction="/m" name="act"' in dialog


# Comparison


def row(**over: Any) -> dict[str, Any]:
    values = {"key": "first", "label": "First name", "state": "alike", "percent": 93, "chosen": "left"}
    return {**values, "left": [("K", True), ("ate", False)], "right": [("C", True), ("ate", False)], **over}


def comparison(app: AdminOps, *rows: dict[str, Any]) -> str:
    record = {"title": "Client 1", "role": "Kept", "facts": ["Created today"]}
    return write(
        app,
        '{% from "ui/comparison.html" import comparison %}'
        '{% call comparison("/pair", record, record, rows, next_url="/next") %}{% endcall %}',
        record=record,
        rows=rows,
    )


def test_each_field_is_a_radio_group_with_marks_on_its_own_side(context: AdminOps) -> None:
    html = comparison(context, row())
    assert '<legend class="visually-hidden">First name: 93% alike</legend>' in html
    assert '<input type="radio" name="first" value="left" checked>' in html
    assert '<mark class="mark-left">K</mark>ate' in html
    assert '<mark class="mark-right">C</mark>ate' in html
    assert 'data-next="/next"' in html
    assert "data-previous" not in html


def test_a_field_that_is_the_same_asks_nothing(context: AdminOps) -> None:
    html = comparison(context, row(state="same"))
    assert 'type="radio"' not in html
    assert "First name: Same" in html


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"state": "blank", "right": []}, "One is blank"),
        ({"state": "different"}, "Different"),
        ({"percent": None}, "Nearly the same"),
    ],
)
def test_the_state_of_a_field_is_said_in_words(context: AdminOps, over: dict[str, Any], says: str) -> None:
    assert f"First name: {says}</legend>" in comparison(context, row(**over))


def test_a_score_has_three_strengths(context: AdminOps) -> None:
    strengths = [draw(context, "score", "score_chip", score) for score in (90, 80, 79)]
    assert [re.findall(r"score-(\w+)", html) for html in strengths] == [["high"], ["middle"], ["low"]]


# Pictures


def test_a_line_chart_has_a_sentence_and_a_table_of_its_numbers(context: AdminOps) -> None:
    html = draw(
        context, "line_chart", "line_chart", "Work", ["Mon", "Tue"], [("In", [1, 2]), ("Out", [3, 4])], "It rose."
    )
    assert 'role="img" aria-label="It rose."' in html
    assert "Show as a table" in html
    assert re.search(r'<th scope="row">Tue</th>\s*<td>2</td>\s*<td>4</td>', html)


def test_a_bar_says_its_numbers(context: AdminOps) -> None:
    html = draw(context, "stacked_bars", "stacked_bars", "Open", "Topic", [("A", (1, 0, 3))], ["Late", "Soon", "Fine"])
    assert 'aria-label="1 late, 0 soon, 3 fine"' in html
    assert html.count("<rect x=") == 2
    assert '<td class="bars-total">4</td>' in html


def test_a_picture_of_stays_says_the_dates(context: AdminOps) -> None:
    stay = context.jinja_env.globals["chart"].Stay("a", "Harbor House", "Shelter", date(2025, 1, 2))  # type: ignore[attr-defined]
    html = draw(context, "stays", "stays", [stay], date(2026, 1, 2))
    assert "Shelter, 2 Jan 2025 to today" in html


def test_progress_asks_again_only_while_it_runs(context: AdminOps) -> None:
    source = (
        '{% from "ui/progress.html" import progress, progress_panel %}'
        '{% call progress_panel("job", "/job", running=running) %}{{ progress(39.6, "Reading") }}{% endcall %}'
    )
    assert 'hx-trigger="every 2s"' in write(context, source, running=True)
    done = write(context, source, running=False)
    assert "hx-trigger" not in done
    assert 'aria-valuenow="40"' in done


# Everything


def test_plain_text_becomes_paragraphs(context: AdminOps) -> None:
    html = draw(context, "prose", "paragraphs", "One\r\nmore\n\n\n<b>Two</b>")
    assert html.split() == ["<p>One<br>more</p><p>&lt;b&gt;Two&lt;/b&gt;</p>"]


@pytest.mark.parametrize(
    ("file", "macro", "args"),
    [
        ("breadcrumb", "breadcrumb", ([(HOSTILE, "/")], HOSTILE)),
        ("button", "button", (HOSTILE,)),
        ("card", "card", (HOSTILE,)),
        ("choices", "big_search", ("/", HOSTILE, HOSTILE, HOSTILE)),
        ("empty", "empty", (HOSTILE, HOSTILE, [(HOSTILE, "/")])),
        ("filters", "filters", ("/", HOSTILE)),
        ("keys", "key_section", (HOSTILE, [([HOSTILE], HOSTILE)])),
        ("linked", "linked", ([("link", HOSTILE, "/", HOSTILE)],)),
        ("notice", "notice", (HOSTILE,)),
        ("person_card", "person_card", (1, HOSTILE, HOSTILE)),
        ("progress", "progress", (1, HOSTILE, HOSTILE)),
        ("properties", "properties", ([(HOSTILE, HOSTILE)],)),
        ("prose", "paragraphs", (HOSTILE,)),
        ("prose", "code_block", (HOSTILE, HOSTILE)),
        ("score", "evidence", (90, HOSTILE, [(HOSTILE, HOSTILE, 1, "full")])),
        ("stat_tile", "stat_tile", (HOSTILE, HOSTILE, HOSTILE)),
        ("stacked_bars", "stacked_bars", (HOSTILE, HOSTILE, [(HOSTILE, (1,))], [HOSTILE])),
        ("line_chart", "line_chart", (HOSTILE, [HOSTILE], [(HOSTILE, [1])], HOSTILE)),
        ("steps", "steps", ([("todo", HOSTILE, HOSTILE)],)),
        ("table", "list_head", (1, HOSTILE, HOSTILE, HOSTILE)),
        ("table", "select_cell", (HOSTILE, HOSTILE)),
        ("tabs", "tabs", ([{"label": HOSTILE, "url": HOSTILE}],)),
        ("timeline", "event", (HOSTILE, HOSTILE, HOSTILE)),
    ],
)
def test_data_is_escaped(context: AdminOps, file: str, macro: str, args: tuple[Any, ...]) -> None:
    template = (
        f'{{% from "ui/{file}.html" import {macro} %}}{{% call ' + macro + "(*args) %}{% endcall %}"
        if macro == "card"
        else f'{{% from "ui/{file}.html" import {macro} %}}{{{{ {macro}(*args) }}}}'
    )
    html = write(context, template, args=args)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def component_files() -> list[Path]:
    return sorted((TEMPLATES / "ui").glob("*.html"))


@pytest.mark.parametrize("file", component_files(), ids=lambda path: path.stem)
def test_every_component_says_how_it_is_used(file: Path) -> None:
    usage = usage_of(file)
    macros = [name for name in re.findall(r"macro (\w+)\(", file.read_text("utf-8")) if not name.startswith("_")]
    assert usage
    assert macros[0] in usage


@pytest.mark.parametrize("component", components(), ids=lambda component: component.name)
def test_every_component_has_a_sample(component: Any) -> None:
    assert (TEMPLATES / component.sample).is_file()


def test_the_catalogue_names_every_component() -> None:
    catalogue = (TEMPLATES / "ui" / "README.md").read_text("utf-8")
    assert [file.name for file in component_files() if f"`{file.name}`" not in catalogue] == []


def test_the_style_guide_shows_every_component(sqlite_app: AdminOps) -> None:
    page = Visitor(sqlite_app).client.get("/style-guide?theme=dark").get_data(as_text=True)
    assert 'data-theme="dark"' in page
    assert [part.name for part in components() if f'id="{part.name}"' not in page] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_sample_pages_keep_the_rules_of_pages(sqlite_app: AdminOps, name: str) -> None:
    page: Page = Visitor(sqlite_app).get(f"/style-guide/{name}")
    assert page.html.count("<main") == 1


def test_a_sample_page_that_does_not_exist_is_not_found(sqlite_app: AdminOps) -> None:
    assert Visitor(sqlite_app).get("/style-guide/nothing", status=404).heading == "There is no such page"


def test_the_style_guide_stays_out_of_production(tmp_path: Path) -> None:
    app = create_app(Settings(environment="production", home=tmp_path, scheduler=False), wsgi.FEATURES)
    assert app.test_client().get("/style-guide").status_code == 404
