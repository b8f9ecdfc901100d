"""What can be wrong with the words of a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from saas.core.messages import PLACEHOLDER, MessageTemplate

LONGEST = {"title": 80, "body": 1000}
_BRACES = re.compile(r"[{}]")


def template_faults(declared: MessageTemplate, words: Mapping[str, str]) -> dict[str, list[Any]]:
    """Per field, what to put right: nothing written, too long, or a placeholder that this occasion has not."""
    faults: dict[str, list[Any]] = {}
    for field, longest in LONGEST.items():
        text = words.get(field, "").strip()
        said = _fault(declared, text, longest)
        if said is not None:
            faults[field] = [said]
    return faults


def _fault(declared: MessageTemplate, text: str, longest: int) -> Any:
    if not text:
        return _l("Please write something here.")
    if len(text) > longest:
        return _l("At most %(longest)d characters.", longest=longest)
    unknown = sorted(set(PLACEHOLDER.findall(text)) - set(declared.params))
    if unknown:
        return _l("There is no placeholder {%(name)s} here. Choose one of those below.", name=unknown[0])
    if _BRACES.search(PLACEHOLDER.sub("", text)):
        return _l("A brace stands alone. Placeholders look like {this}.")
    return None
