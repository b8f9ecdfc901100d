"""What fees says to debtors, in both languages; firms may write their own words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from saas.core.messages import MessageTemplate

DUNNING_TEMPLATES: tuple[MessageTemplate, ...] = (
    MessageTemplate(
        code="fees.dunning", occasion=_l("A bill is overdue"),
        title_zh="缴费提醒",
        body_zh="{place} 有 {amount} 元费用已过缴费期（最早 {due}）。如已缴纳请忽略；有疑问请联系物业服务中心。",
        title_en="A bill is overdue",
        body_en="{amount} for {place} is overdue since {due}. Please ignore this if you have paid; call us if it is wrong.",
        params=("place", "amount", "due"),
    ),
)  # fmt: skip
