"""Files the browser loads, served under a prefix that is the hash of their content: kept for a year, never stale."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from flask import Flask, abort, request, send_file
from markupsafe import Markup
from werkzeug.wrappers import Response

SAAS = Path(__file__).resolve().parent.parent
OWN = SAAS / "web" / "static"
SHARED_FOLDERS = ("css", "js", "img", "dist")
KEPT_TYPES = frozenset({".css", ".js", ".svg", ".png", ".webp", ".ico", ".wasm", ".json", ".woff2"})


@dataclass(frozen=True)
class StaticFiles:
    """All servable files by their path below /static/<version>/, and the version itself."""

    version: str
    files: dict[str, Path]


def collect() -> StaticFiles:
    files: dict[str, Path] = {}
    for folder in SHARED_FOLDERS:
        _gather(files, OWN / folder, folder)
    for slice_folder in sorted(SAAS.glob("*/static")):
        if slice_folder.parent.name != "web":
            _gather(files, slice_folder, slice_folder.parent.name)
    digest = sha256()
    for name, path in sorted(files.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return StaticFiles(digest.hexdigest()[:12], files)


def _gather(files: dict[str, Path], folder: Path, prefix: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in KEPT_TYPES:
            files[f"{prefix}/{path.relative_to(folder).as_posix()}"] = path


def init_app(app: Flask) -> None:
    static = collect()
    app.extensions["anju_static"] = static
    app.jinja_env.globals["asset"] = lambda path: asset_url(static, path)
    # A page of fifty rows shows two hundred icons, of a few dozen kinds.
    app.jinja_env.globals["sprite_use"] = lru_cache(maxsize=1024)(partial(sprite_use, static))
    app.jinja_env.globals["asset_version"] = static.version


def asset_url(static: StaticFiles, path: str) -> str:
    """``asset("js/app.js")`` for the shell's own, ``asset("repairs/board.js")`` for saas/repairs/static."""
    # Not by url_for: the route is fixed, and working an address out takes longer than the rest of an icon.
    return f"/static/{static.version}/{quote(path)}"


def sprite_use(static: StaticFiles, name: str) -> Markup:
    href = asset_url(static, "dist/icons.svg")
    return Markup('<use href="{}#{}"></use>').format(href, name)


def serve(static: StaticFiles, version: str, path: str) -> Response:
    """The file, for a year under the present version and unkept under an old one."""
    found = static.files.get(path)
    if found is None:
        abort(404)
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    answer = send_file(found, mimetype="text/javascript" if found.suffix == ".js" else kind, conditional=True)
    current = version == static.version
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    if request.headers.get("Service-Worker"):
        answer.headers["Service-Worker-Allowed"] = "/"
    return answer
