"""Why someone may look at a masked value; the audit row keeps the key."""

from typing import Any

from flask_babel import lazy_gettext as _l

REASONS: dict[str, Any] = {
    "repair": _l("To reach them about a repair"),
    "fee": _l("To reach them about a bill"),
    "emergency": _l("Emergency at their home"),
    "identity": _l("To check who they are"),
    "correction": _l("To correct our records"),
    "authority": _l("An authority asks for it by law"),
}
