"""Message catalogues: one .po file per slice, updated from the code; used by `make translations` and a test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from saas.web.i18n import DEFAULT_LOCALE, SLICES_FOLDER, read_catalog

KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {
    "templates/**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}
}


@dataclass(frozen=True)
class Gap:
    """A message of a slice without its Chinese words."""

    slice: str
    message: str

    def __str__(self) -> str:
        return f"{self.slice}: {self.message!r}"


def slices() -> list[Path]:
    """The packages of saas/ that say something to people."""
    return sorted(path.parent for path in SLICES_FOLDER.glob("*/__init__.py"))


def catalog_path(folder: Path, locale: str = DEFAULT_LOCALE) -> Path:
    return folder / "translations" / locale / "LC_MESSAGES" / "messages.po"


def extracted(folder: Path) -> Catalog:
    """All messages in a slice's code and templates, in the order of files."""
    catalog = Catalog(project="Anju", charset="utf-8")
    for file, line, message, comments, context in extract_from_dir(
        folder, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        catalog.add(message, None, [(f"{folder.name}/{file}", line)], auto_comments=comments, context=context)
    return catalog


def updated(folder: Path) -> Catalog | None:
    """The slice's catalogue as it should be: today's messages, kept translations, nothing obsolete."""
    template = extracted(folder)
    if not len(template):
        return None
    path = catalog_path(folder)
    catalog = Catalog(locale=DEFAULT_LOCALE, project="Anju", charset="utf-8", fuzzy=False)
    known = read_catalog(path) if path.exists() else Catalog(locale=DEFAULT_LOCALE)
    for message in template:
        if not message.id:
            continue
        old = known.get(message.id, message.context)
        string = old.string if old is not None and not old.fuzzy else None
        catalog.add(
            message.id,
            string,
            message.locations,
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return catalog


def write(folder: Path) -> bool:
    """Update a slice's .po file; says whether it changed."""
    catalog = updated(folder)
    if catalog is None:
        return False
    # Line numbers and dates would change the file with every commit that changes no word.
    body = BytesIO()
    write_po(body, catalog, width=110, omit_header=True, include_lineno=False, sort_by_file=True)
    path, text = catalog_path(folder), HEADER + body.getvalue()
    if path.exists() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return True


def gaps(folders: Iterable[Path] | None = None) -> Iterator[Gap]:
    """Every message in code or templates that has no complete Chinese."""
    for folder in slices() if folders is None else folders:
        catalog = updated(folder)
        for message in catalog or ():
            if message.id and not _complete(message.string):
                shown = message.id if isinstance(message.id, str) else message.id[0]
                yield Gap(folder.name, shown)


def misfits() -> Iterator[Gap]:
    """Translations whose placeholders differ from the message's."""
    for folder in slices():
        for message in updated(folder) or ():
            if message.id and _complete(message.string) and any(message.check()):
                yield Gap(folder.name, str(message.id))


def conflicts() -> Iterator[Gap]:
    """Messages that two slices translate differently: catalogues are merged, so one would win by chance.
    Words that differ by place take a context (pgettext)."""
    seen: dict[tuple[object, object], object] = {}
    for folder in slices():
        for message in updated(folder) or ():
            if message.id and _complete(message.string):
                key = (message.id, message.context)
                if seen.setdefault(key, message.string) != message.string:
                    yield Gap(folder.name, str(message.id))


def _complete(string: str | Sequence[str] | None) -> bool:
    return bool(string) and all(string or ())


HEADER = b"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: zh_Hans_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
