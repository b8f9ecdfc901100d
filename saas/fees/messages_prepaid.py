"""What the firm says about prepaid balances; firms may write their own words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from saas.core.messages import MessageTemplate

# Where the message leads: the resident's bills.
BILLS_LINK = "/bills"

TEMPLATES: tuple[MessageTemplate, ...] = (
    MessageTemplate(
        code="fees.prepaid_low",
        occasion=_l("A prepaid balance is running low"),
        title_zh="预存余额不足提醒",
        body_zh="{place}的预存余额剩 {balance} 元，可能不够交下一期账单，方便时请续存。",
        title_en="Your prepaid balance is running low",
        body_en="{balance} yuan is left for {place}. It may not cover your next bills.",
        params=("place", "balance"),
        by_email=False,
    ),
)
