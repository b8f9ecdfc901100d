"""The blueprint that all pages of repairs hang on."""

from flask import Blueprint

blueprint = Blueprint("repairs", "saas.repairs", template_folder="templates")
