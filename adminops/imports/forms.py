"""The forms of imports and exports."""

from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import Form


class UploadForm(Form):
    """An export and the source it belongs to."""

    source = StringField(
        "Source",
        [InputRequired("Which HMIS is this export from?"), Length(max=200)],
        description="The HMIS that wrote the export. A new name adds a source.",
        render_kw={"list": "sources"},
    )
    export = MultipleFileField(
        "HUD CSV export",
        [FileRequired("Choose the export.")],
        description="The zip as the HMIS wrote it, or all CSV files of its folder together.",
        render_kw={"accept": ".zip,.csv,application/zip,text/csv"},
    )


class ExportForm(Form):
    """What to write."""

    source = SelectField("Source", [InputRequired("Choose a source.")], choices=[])
    hashed = BooleanField("Hash names and SSNs", description="For HUD's upload tools, which refuse names.")
