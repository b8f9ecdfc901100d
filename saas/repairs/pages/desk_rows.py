"""The rows of the front desk's list, put together in Python: a page has fifty, and macros took half of its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from saas.repairs.catalogue import category_title, urgency_title
from saas.repairs.pages import desk_words as words
from saas.repairs.queries.orders import OrderRow
from saas.web.filters import when_here

_NIL = UUID(int=0)


def drawn_rows(rows: Sequence[OrderRow], filters: Mapping[str, Any], selected: UUID | None) -> Markup:
    """All rows as the table of `list.html` holds them; whatever people wrote is escaped."""
    pen = _Pen(filters, selected)
    return Markup("".join([pen.row(each) for each in rows]))


class _Pen:
    """What all rows of one page share: addresses, icons, words in the reader's language, the hour of now."""

    def __init__(self, filters: Mapping[str, Any], selected: UUID | None) -> None:
        self.own_page = _around(url_for("repairs.order", order_id=_NIL))
        self.beside = _around(url_for("repairs.orders", order=_NIL, **filters))
        self.selected = selected
        self.when = when_here()
        self.icon = cache(_small_icon(current_app.jinja_env.globals["sprite_use"]))
        self.category, self.urgency, self.badge = cache(self._category), cache(_urgency), cache(self._badge)
        self.photos_only = escape(_("Photos only"))

    def row(self, row: OrderRow) -> str:
        own_page, beside = str(row.id).join(self.own_page), str(row.id).join(self.beside)
        chosen = ' aria-current="true"' if row.id == self.selected else ""
        said = escape(row.description) if row.description else self.photos_only
        return (
            f'<tr hx-get="{own_page}" hx-target="#sheet" hx-push-url="{beside}" data-order="{row.id}"{chosen}>\n'
            f'<td class="aj-nowrap"><a href="{own_page}">{escape(row.number)}</a></td>\n'
            f'<td class="aj-list-said"><span class="aj-cut aj-strong">{said}</span>'
            f'<span class="aj-tiny aj-3">{self.category(row.category)}{self.urgency(row.urgency)}</span></td>\n'
            f'<td><span class="aj-cut">{escape(row.short_place)}</span>'
            f'<span class="aj-tiny aj-3">{escape(row.reporter_name)}</span></td>\n'
            f"<td>{self.badge(row.state, row.is_overdue)}</td>\n"
            f"<td>{_who(row)}</td>\n"
            f'<td class="aj-small">{self._left(row)}</td>\n'
            f'<td class="aj-num aj-2">{self.when(row.created_at)}</td>\n'
            "</tr>"
        )

    def _category(self, code: str) -> str:
        return f"{self.icon(words.category_term(code).icon)} {escape(category_title(code))}"

    def _badge(self, state: str, is_overdue: bool) -> str:
        term = words.state_term(state)
        colour = "alert" if is_overdue and state != "finished" else words.STATE_COLOURS[state]
        return f'<span class="aj-badge is-{colour}">{self.icon(term.icon)}{escape(term.text())}</span>'

    def _left(self, row: OrderRow) -> str:
        clock = words.time_left(row)
        if clock is None:
            return '<span class="aj-3">—</span>'
        return f'<span class="aj-text-{clock.state} aj-nowrap">{self.icon(clock.icon)} {escape(clock.text)}</span>'


def _around(address: str) -> tuple[str, str]:
    """An address as it stands in an attribute, before and after its order."""
    before, _nil, after = str(escape(address)).partition(str(_NIL))
    return before, after


def _small_icon(sprite_use: Callable[[str], Markup]) -> Callable[[str], str]:
    return lambda name: f'<svg class="aj-icon is-s" aria-hidden="true">{sprite_use(name)}</svg>'


def _urgency(code: str) -> str:
    if code not in ("emergency", "urgent"):
        return ""
    return f' · <span class="aj-text-{words.URGENCY_COLOURS[code]}">{escape(urgency_title(code))}</span>'


def _who(row: OrderRow) -> Markup:
    if row.technician:
        return escape(row.technician)
    return escape(_("asked: %(names)s", names=row.offered_to[0])) if row.offered_to else Markup("—")
