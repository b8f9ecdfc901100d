"""How values look on pages: money, dates in the firm's zone, relative times, masked phones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import format_decimal, get_locale, get_timezone, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

from tenants.clock import utcnow

SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "HKD": "HK$"}
MINOR_DIGITS = {"JPY": 0}


def money(minor: int | None, currency: str = "CNY", *, symbol: bool = True) -> str:
    """Integer minor units as ¥1,234.50; without the symbol in cells under a money heading."""
    if minor is None:
        return "—"
    digits = MINOR_DIGITS.get(currency, 2)
    amount = Decimal(abs(minor)).scaleb(-digits)
    text = f"{amount:,.{digits}f}"
    sign = "-" if minor < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency + ' ') if symbol else ''}{text}"


def number(value: int | float | Decimal | None) -> str:
    return "—" if value is None else format_decimal(value)


def day(value: date | datetime | None, *, year: bool = True) -> str:
    """2026年11月23日 or 23 Nov 2026, in the firm's zone."""
    if value is None:
        return "—"
    local = _local(value) if isinstance(value, datetime) else value
    return _day_words(local, _chinese(), year=year)


def _day_words(local: date, chinese: bool, *, year: bool) -> str:
    if chinese:
        return f"{local.year}年{local.month}月{local.day}日" if year else f"{local.month}月{local.day}日"
    month = _MONTHS[local.month - 1]
    return f"{local.day} {month} {local.year}" if year else f"{local.day} {month}"


def clock_time(value: datetime | None) -> str:
    return "—" if value is None else f"{_local(value):%H:%M}"


def moment(value: datetime | None) -> str:
    """Date and time: 2026年11月23日 10:31."""
    return "—" if value is None else f"{day(value)} {clock_time(value)}"


def ago(value: datetime | None) -> Markup:
    """Under a day how long ago, else the date; the exact instant on hover and for programs."""
    if value is None:
        return Markup("—")
    return _time_mark(value, moment(value), _relative(value))


def when(value: datetime | None) -> Markup:
    """For lists and timelines: the time today, month and day this year, else the whole date."""
    return when_here()(value)


def when_here() -> Callable[[datetime | None], Markup]:
    """`when` for many rows of one page: zone, language and now are looked up once."""
    zone, chinese = ZoneInfo(str(get_timezone())), _chinese()
    now = utcnow().astimezone(zone)
    today = now.date()

    def shown(value: datetime | None) -> Markup:
        if value is None:
            return Markup("—")
        local = value.astimezone(zone)
        clock, date_then = f"{local:%H:%M}", local.date()
        text = clock if date_then == today else _day_words(date_then, chinese, year=local.year != now.year)
        return _time_mark(value, f"{_day_words(date_then, chinese, year=True)} {clock}", text)

    return shown


def _time_mark(value: datetime, exact: str, text: str) -> Markup:
    # An f-string, since Markup.format looks at each field anew, and a list has one of these in each row.
    return Markup(f'<time datetime="{value.isoformat()}" title="{escape(exact)}">{escape(text)}</time>')


def span(value: timedelta | int | float | None) -> str:
    """A length of time in the two largest units: 2 小时 5 分 or 2 h 5 min. Seconds when a number."""
    if value is None:
        return "—"
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    minutes = max(0, abs(seconds)) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return _("%(days)d d %(hours)d h", days=days, hours=hours)
    if hours:
        return _("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
    return _("%(minutes)d min", minutes=minutes)


def masked_phone(value: str | None) -> str:
    """138****0617; other numbers keep their first and last digits."""
    if not value:
        return "—"
    digits = value.strip()
    if len(digits) < 7:
        return digits[:1] + "*" * (len(digits) - 1)
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"


def initial(name: str | None) -> str:
    return (name or "").strip()[:1].upper() or "·"


def nl2br(value: str | None) -> Markup:
    return Markup("<br>").join(escape(line) for line in (value or "").splitlines())


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        money=money,
        number=number,
        date=day,
        time=clock_time,
        moment=moment,
        ago=ago,
        when=when,
        span=span,
        masked_phone=masked_phone,
        initial=initial,
        nl2br=nl2br,
    )
    app.jinja_env.globals["utcnow"] = utcnow
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _relative(value: datetime) -> str:
    passed = int((utcnow() - value).total_seconds())
    minutes = abs(passed) // 60
    if minutes >= 24 * 60:
        return day(value)
    if minutes < 1:
        return _("just now")
    hours = minutes // 60
    if passed < 0:
        if hours:
            return ngettext("in %(num)d hour", "in %(num)d hours", hours)
        return ngettext("in %(num)d minute", "in %(num)d minutes", minutes)
    if hours:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", hours)
    return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)


def _local(value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(str(get_timezone())))


def _chinese() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "zh"
