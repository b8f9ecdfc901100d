"""Registers notices: the message port, effects and timers, permissions, pages and API."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from saas.core import permissions as declared
from saas.core.live import register_topic
from saas.core.menus import MenuItem, register_menu
from saas.core.messages import register_message_port
from saas.notices import email, preferences
from saas.notices.api import blueprint as endpoints
from saas.notices.mailbox import blueprint as mailbox
from saas.notices.pages import blueprint as pages
from saas.notices.pages import unread_badge
from saas.notices.permissions import ALL
from saas.notices.services import RELEASE, deliver, release
from saas.web.api import api
from tenants.wakeups import on_wakeup


def register_background() -> None:
    """What worker and web both need; may be called again in the same process."""
    register_message_port(deliver)
    email.register()
    on_wakeup(RELEASE, release)
    preferences.declare()


def register(app: Flask) -> None:
    register_background()
    declared.declare(*ALL)
    register_topic(
        "notices.inbox", lambda uow, actor, subject: subject is not None and subject == actor.user_id
    )
    for room, endpoint, order in (
        ("top", "notices.inbox", 10),
        ("resident", "notices.resident_inbox", 30),
        ("staff", "notices.staff_inbox", 40),
    ):
        item = MenuItem(order, "messages", _l("Messages"), "bell", endpoint, badge=unread_badge)
        register_menu(room, item)  # type: ignore[arg-type]
    words = MenuItem(80, "message_words", _l("Message texts"), "message-cog", "notices.wordings", ALL[0].code)
    register_menu("me", words)
    app.register_blueprint(pages)
    api.register_blueprint(endpoints)
    if app.config["ANJU"].demo:
        app.register_blueprint(mailbox)
