"""What may be done with messages besides reading one's own."""

from flask_babel import lazy_gettext as _l

from saas.core.permissions import Permission

TEMPLATES_EDIT = Permission("notices.templates_edit", _l("Change the words of messages"))

ALL = (TEMPLATES_EDIT,)
