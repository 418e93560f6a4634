"""Where the pages of the merge desk live."""

from flask import Blueprint

blueprint = Blueprint("dedupe", "dedupe", url_prefix="/duplicates", template_folder="templates")
