"""`python -m ops.translations` brings each slice's .po file up to date; `check` only names what is missing."""

from __future__ import annotations

import sys

from saas.web.catalogs import catalog_path, gaps, misfits, slices, write


def main(arguments: list[str]) -> int:
    if arguments != ["check"]:
        for folder in slices():
            if write(folder):
                sys.stdout.write(f"updated {catalog_path(folder).relative_to(folder.parent.parent)}\n")
    missing = [*gaps()]
    for gap in [*missing, *misfits()]:
        sys.stdout.write(f"not translated: {gap}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
