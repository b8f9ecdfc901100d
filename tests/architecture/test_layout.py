"""Names, sizes and contents of files; import contracts; module cycles; function-local imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ops", "saas", "plugins", "tenants", "billing_providers", "device_adapters")
DUST_NAMES = {"utils", "helpers", "common", "misc", "util", "helper", "shared"}
MOST_LINES = 500
# Put together here so that this file does not find itself.
OPEN_MARKS = "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, r"raise\s+NotImplemented" + "Error"])
REGISTRY_HOSTS = "|".join(
    ["registry" + r"\.npmjs", "py" + r"pi\.org", "python" + "hosted", "deb" + r"\.debian"]
)
MACHINE_PATHS = r"(?<![\w./:<$}>])/(tmp|work|farm|root)/\w"


def tracked(*patterns: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_import_contracts() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_module_cycles() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    remaining = dict(imports)
    while True:
        free = [module for module, targets in remaining.items() if not targets & remaining.keys()]
        if not free:
            break
        for module in free:
            del remaining[module]
    wanted = {target for targets in remaining.values() for target in targets}
    assert sorted(module for module in remaining if module in wanted) == []


def test_no_names_that_gather_dust() -> None:
    found = [
        str(path.relative_to(ROOT)) for path in tracked("*.py", "*.js", "*.html") if path.stem in DUST_NAMES
    ]
    assert found == []


def test_no_package_named_like_the_standard_library() -> None:
    names = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in tracked("*.py")}
    assert names & sys.stdlib_module_names == set()


def test_no_function_local_imports() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        for function in ast.walk(ast.parse(text_of(path)))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_modules_say_what_lives_in_them() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if "/migrations/" not in str(path)
        and text_of(path).strip()
        and not ast.get_docstring(ast.parse(text_of(path)))
    ]
    assert silent == []


def test_files_stay_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): text_of(path).count("\n")
        for path in tracked("*.py", "*.html", "*.js", "*.css")
        if text_of(path).count("\n") > MOST_LINES and "/migrations/" not in str(path)
    }
    assert long == {}


@pytest.mark.parametrize(
    "pattern", [OPEN_MARKS, REGISTRY_HOSTS, MACHINE_PATHS], ids=["open", "registry", "path"]
)
def test_nothing_of_the_workshop_is_left_in_files(pattern: str) -> None:
    wanted = re.compile(pattern)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if path.suffix not in {".xlsx", ".csv", ".png", ".jpg", ".webp", ".gz", ".lock"}
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if wanted.search(line)
    ]
    assert found == []
