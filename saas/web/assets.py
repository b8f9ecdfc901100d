"""Files the browser loads. `python -m saas.web.assets` builds static/dist from node_modules; the app serves
everything under a prefix that is the hash of the content, so browsers may keep it for a year."""

from __future__ import annotations

import mimetypes
import re
import shutil
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

from flask import Flask, abort, request, send_file, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

SAAS = Path(__file__).resolve().parent.parent
OWN = SAAS / "web" / "static"
DIST = OWN / "dist"
NODE_MODULES = SAAS.parent / "node_modules"
SHARED_FOLDERS = ("css", "js", "img", "dist")
COPIED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
}
KEPT_TYPES = frozenset({".css", ".js", ".svg", ".png", ".webp", ".ico", ".wasm", ".json", ".woff2"})
SVG = "http://www.w3.org/2000/svg"

# Where templates and code name icons: {{ ui.icon("tool") }}, icon="tool", icon: "tool", data-icon="tool".
_ICON_CALL = re.compile(r"""icon(?:_name)?\s*(?:\(|[=:])\s*["']([a-z0-9-]+)["']""")
# Tables of states and kinds name icons in data: ICONS = {"water": "droplet"} on lines marked `# icons`.
_ICON_TABLE = re.compile(r"""["']([a-z0-9-]+)["']""")


class AssetError(RuntimeError):
    """Something the browser needs is not installed, or an icon does not exist."""


@dataclass(frozen=True)
class StaticFiles:
    """All servable files by their path below /static/<version>/, and the version itself."""

    version: str
    files: dict[str, Path]


def collect() -> StaticFiles:
    files: dict[str, Path] = {}
    for folder in SHARED_FOLDERS:
        _gather(files, OWN / folder, folder)
    for folder in sorted(SAAS.glob("*/static")):
        if folder.parent.name != "web":
            _gather(files, folder, folder.parent.name)
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
    app.jinja_env.globals["sprite_use"] = lambda name: sprite_use(static, name)
    app.jinja_env.globals["asset_version"] = static.version


def asset_url(static: StaticFiles, path: str) -> str:
    """``asset("js/app.js")`` for the shell's own, ``asset("repairs/board.js")`` for saas/repairs/static."""
    return url_for("web.static_file", version=static.version, path=path)


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


def build() -> list[str]:
    """Copy what is needed from node_modules and draw the icon sprite; gives the names written."""
    DIST.mkdir(parents=True, exist_ok=True)
    for source, target in COPIED.items():
        path = NODE_MODULES / source
        if not path.is_file():
            raise AssetError(f"{source} is not installed; run: npm ci")
        shutil.copyfile(path, DIST / target)
    icons = used_icons()
    (DIST / "icons.svg").write_text(sprite(icons), encoding="utf-8")
    return [*COPIED.values(), f"icons.svg ({len(icons)} icons)"]


def used_icons() -> list[str]:
    """Every icon that a template, module or script of the product names."""
    names: set[str] = set()
    for pattern in ("*/templates/**/*.html", "*/*.py", "*/*/*.py", "*/static/**/*.js"):
        for path in SAAS.glob(pattern):
            if "dist" not in path.parts:
                names.update(_icons_named_in(path.read_text(encoding="utf-8")))
    return sorted(names)


def _icons_named_in(text: str) -> set[str]:
    names = set(_ICON_CALL.findall(text))
    for line in text.splitlines():
        _, marked, _ = line.partition("# icons:")
        if marked:
            names.update(_ICON_TABLE.findall(line.partition("# icons:")[0]))
            names.update(line.partition("# icons:")[2].split())
    return names


def sprite(names: list[str]) -> str:
    ElementTree.register_namespace("", SVG)
    root = ElementTree.Element(f"{{{SVG}}}svg")
    for name in names:
        root.append(_symbol(name))
    return ElementTree.tostring(root, encoding="unicode")


def _symbol(name: str) -> ElementTree.Element:
    filled = name.endswith("-filled")
    folder, file = ("filled", name.removesuffix("-filled")) if filled else ("outline", name)
    path = NODE_MODULES / "@tabler/icons/icons" / folder / f"{file}.svg"
    if not path.is_file():
        raise AssetError(f"there is no Tabler icon named {name}")
    drawing = ElementTree.parse(path).getroot()
    symbol = ElementTree.Element(f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
    paint = {"fill": "currentColor"} if filled else {"fill": "none", "stroke": "currentColor"}
    group = ElementTree.SubElement(
        symbol, f"{{{SVG}}}g", {**paint, "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round"}
    )
    group.extend(child for child in drawing if child.get("d") != "M0 0h24v24H0z")
    return symbol


def main() -> int:
    try:
        for name in build():
            sys.stdout.write(name + "\n")
    except AssetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
