"""The blueprint of all pages of estate."""

from flask import Blueprint

blueprint = Blueprint("estate", "saas.estate.setup", template_folder="templates")
