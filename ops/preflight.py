"""Say in one line what keeps this machine from installing Anju. Runs on any Python 3, before anything is installed."""

import sys
from importlib.util import find_spec


def problem():  # type: ignore[no-untyped-def]  # old Pythons read this file, too
    """The line to print, or None."""
    if sys.version_info < (3, 11):
        found = "%d.%d" % sys.version_info[:2]
        return (
            "Anju needs Python 3.11 or newer, this is " + found + "; name another: make run PYTHON=python3.12"
        )
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        return "this Python has no venv module; on Debian and Ubuntu: apt install python3-venv"
    return None


if __name__ == "__main__":
    line = problem()
    if line:
        sys.exit(line)
