"""`python -m ops.assets` fills saas/web/static/dist: libraries copied from node_modules, icons drawn into one sprite."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
SAAS = ROOT / "saas"
DIST = SAAS / "web" / "static" / "dist"
NODE_MODULES = ROOT / "node_modules"
ICONS = NODE_MODULES / "@tabler" / "icons" / "icons"
COPIED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
}
SVG = "http://www.w3.org/2000/svg"

_ICON_CALL = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']|\bicon=["']([a-z0-9-]+)["']""")
_LITERAL = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")


class AssetError(RuntimeError):
    """Something the browser needs is not installed, or an icon does not exist."""


def build() -> list[str]:
    """Copy the libraries and draw the sprite; gives the names written."""
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
    """Every icon that a template, module or script may name.

    States and categories name their icons in tables, so each string that happens to be the name of an icon
    counts: a few too many in the sprite cost less than one missing on a page.
    """
    names: set[str] = set()
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        for called in _ICON_CALL.findall(text):
            name = called[0] or called[1]
            if _drawing(name) is None:
                raise AssetError(f"{path.relative_to(ROOT)} uses an icon that Tabler does not have: {name}")
        names.update(name for name in _LITERAL.findall(text) if _drawing(name) is not None)
    return sorted(names)


def sprite(names: list[str]) -> str:
    ElementTree.register_namespace("", SVG)
    root = ElementTree.Element(f"{{{SVG}}}svg")
    root.extend(_symbol(name) for name in names)
    return ElementTree.tostring(root, encoding="unicode")


def _sources() -> list[Path]:
    found = [*SAAS.rglob("templates/**/*.html"), *SAAS.rglob("*.py"), *SAAS.rglob("static/**/*.js")]
    return sorted(path for path in found if DIST not in path.parents)


def _drawing(name: str) -> Path | None:
    if name.endswith("-filled"):
        path = ICONS / "filled" / f"{name.removesuffix('-filled')}.svg"
    else:
        path = ICONS / "outline" / f"{name}.svg"
    return path if path.is_file() else None


def _symbol(name: str) -> ElementTree.Element:
    path = _drawing(name)
    if path is None:
        raise AssetError(f"there is no Tabler icon named {name}")
    symbol = ElementTree.Element(f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
    paint = {"fill": "currentColor"} if name.endswith("-filled") else _STROKE
    group = ElementTree.SubElement(symbol, f"{{{SVG}}}g", paint)
    group.extend(child for child in ElementTree.parse(path).getroot() if child.get("d") != "M0 0h24v24H0z")
    return symbol


_STROKE = {
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


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
