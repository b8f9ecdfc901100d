"""Languages: catalogues of all slices merged in memory, and which language and zone a request speaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale

from saas.web.auth import current_actor
from tenants.context import tenant_if_bound

SLICES_FOLDER = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans_CN", "en")
DEFAULT_LOCALE = "zh_Hans_CN"
LOCALE_COOKIE = "anju_locale"
_MESSAGES = "translations/{locale}/LC_MESSAGES/messages.po"


def catalog_files(locale: str) -> list[Path]:
    """The .po files of all slices, in a stable order."""
    return sorted(SLICES_FOLDER.glob("*/" + _MESSAGES.format(locale=locale)))


def read_catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


@cache
def translations(locale: str) -> NullTranslations:
    """All slices' messages of one language; English is the language of the code itself."""
    merged = Catalog(locale=locale) if locale in LOCALES else Catalog()
    for path in catalog_files(locale):
        for message in read_catalog(path):
            if message.id and message.string and not message.fuzzy:
                merged.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


class SliceCatalogs(Domain):
    """flask_babel's domain, fed from the slices' .po files instead of compiled ones."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return _translations_of(locale) if locale is not None else NullTranslations()


@cache
def _translations_of(locale: Locale) -> NullTranslations:
    """By the locale itself: each message of a page asks, and spelling a locale out costs more than the look-up."""
    return translations(str(locale))


def choose_locale() -> str:
    """This device's explicit choice, the user's setting, what the browser asks for, the firm's own."""
    if not has_request_context():
        return _firm_locale()
    chosen = request.cookies.get(LOCALE_COOKIE)
    if chosen in LOCALES:
        return str(chosen)
    setting = current_actor().locale
    if setting in LOCALES:
        return str(setting)
    return _accepted() or _firm_locale()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Messages inside the block are in ``locale``; for jobs and e-mails, inside an application context."""
    with force_locale(locale if locale in LOCALES else DEFAULT_LOCALE):
        yield


def html_lang() -> str:
    return "zh-CN" if str(get_locale()).startswith("zh") else "en"


def init_app(app: Flask) -> None:
    settings = app.config["ANJU"]
    babel = Babel(default_domain="messages")
    babel.domain_instance = SliceCatalogs()
    babel.init_app(
        app,
        default_locale=settings.locale,
        default_timezone="Asia/Shanghai",
        locale_selector=choose_locale,
        timezone_selector=_zone,
    )
    app.jinja_env.globals.update(html_lang=html_lang, locale_code=lambda: str(get_locale()))


def _zone() -> str:
    tenant = tenant_if_bound()
    return tenant.time_zone if tenant is not None else "Asia/Shanghai"


def _firm_locale() -> str:
    tenant = tenant_if_bound()
    wanted = tenant.locale if tenant is not None else current_app.config["ANJU"].locale
    return wanted if wanted in LOCALES else DEFAULT_LOCALE


def _accepted() -> str | None:
    """The first accepted language we speak; any Chinese is zh-CN, any English is English."""
    for tag, quality in request.accept_languages:
        if quality <= 0:
            continue
        primary = tag.replace("_", "-").split("-")[0].lower()
        if primary in ("zh", "en"):
            return "zh_Hans_CN" if primary == "zh" else "en"
    return None
