"""Polling that costs little: a page part is rendered only when its tag has changed."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask import request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from saas.web.auth import current_actor


def polled(tag: object, render: Callable[[], Response]) -> Response:
    """Answer 304 when the browser holds the state named by ``tag`` (versions, newest instant, filters).

    The tag also covers who looks and in which language, so one cache never serves another's view.
    """
    actor = current_actor()
    source = (tag, actor.user_id, str(get_locale()), request.full_path, request.headers.get("HX-Target"))
    etag = sha256(repr(source).encode()).hexdigest()[:32]
    if request.if_none_match.contains_weak(etag):
        answer = Response(status=304)
    else:
        answer = render()
    answer.set_etag(etag, weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
