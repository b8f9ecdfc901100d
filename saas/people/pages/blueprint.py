"""The blueprint that all pages of people hang on."""

from flask import Blueprint

blueprint = Blueprint("people", "saas.people", template_folder="templates")
