"""Where the pages of the merge desk live."""

from flask import Blueprint

blueprint = Blueprint("dedupe", "dedupe", url_prefix="/duplicates", template_folder="templates")

asking = Blueprint("here", "dedupe", url_prefix="/duplicates/here", template_folder="templates")
"""Where somebody asks who is here already: another place of the navigation."""
