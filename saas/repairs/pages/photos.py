"""The photos of an order, for those who see the order."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from saas.core.errors import DomainError
from saas.repairs import services
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.permissions import VIEW
from saas.repairs.queries.detail import PhotoRow
from saas.repairs.services.photos import Stage
from saas.web.auth import access, current_actor
from saas.web.work import work


@blueprint.get("/photos/<uuid:order_id>/<uuid:photo_id>")
@access(VIEW.code)
def photo(order_id: UUID, photo_id: UUID) -> Response:
    """One picture, `?size=small` for the list; kept by this browser only."""
    small = request.args.get("size") == "small"
    with work(read_only=True) as uow:
        content = services.read_photo(
            uow, actor=current_actor(), order_id=order_id, photo_id=photo_id, small=small
        )
    answer = Response(content, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def photo_address(order_id: UUID, photo_id: UUID, *, small: bool = True) -> str:
    """Where a picture is shown."""
    return url_for("repairs.photo", order_id=order_id, photo_id=photo_id, size="small" if small else None)


def gallery(order_id: UUID, photos: Iterable[PhotoRow]) -> list[dict[str, str]]:
    """Photos for `ui.photos`: small pictures that open the large ones."""
    return [
        {"src": photo_address(order_id, each.id), "href": photo_address(order_id, each.id, small=False)}
        for each in photos
    ]


def sent_photos(field: str = "photos") -> list[FileStorage]:
    """What the photo picker sent; an empty file field sends one nameless part."""
    return [file for file in request.files.getlist(field) if file.filename]


def keep_photos(order_id: UUID, request_id: str, files: list[FileStorage], stage: Stage = "before") -> int:
    """Add photos one by one, each in its own unit of work; how many were not kept. Raises where the order is not theirs.

    The client id follows from the form, so a form sent twice keeps each photo once.
    """
    lost = 0
    for position, file in enumerate(files):
        new = services.NewPhoto(file.read(), f"{request_id}-{stage}-{position}", stage)
        try:
            with work() as uow:
                services.add_photo(uow, actor=current_actor(), order_id=order_id, photo=new)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            lost += 1
    return lost
