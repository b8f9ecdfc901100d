"""`anju fees price` as an outsider calls it: no settings, no database, plain errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from saas.fees.pricing.fields import exact_json

ROOT = Path(__file__).resolve().parents[4]
PAGE = ROOT / "docs" / "fees-price.md"


def run(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", "fees", "price", *options],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"LANG": "C.UTF-8"},
        check=False,
    )


def examples() -> list[tuple[Any, Any]]:
    """The pairs of case and answer on the documentation page."""
    blocks = re.findall(r"```json (case|answer)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    texts = [json.loads(text) for _, text in blocks]
    assert [kind for kind, _ in blocks] == ["case", "answer"] * (len(blocks) // 2)
    return list(zip(texts[::2], texts[1::2], strict=True))


def test_the_examples_of_the_page_are_what_comes_out() -> None:
    cases, wanted = zip(*examples(), strict=True)
    done = run(json.dumps(cases), "--json")
    assert done.returncode == 0, done.stderr
    for answer, expected in zip(json.loads(done.stdout), wanted, strict=True):
        assert _only(answer, expected) == expected


def _only(answer: Any, expected: Any) -> Any:
    """The answer reduced to what the page shows of it."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        return {name: _only(answer.get(name), value) for name, value in expected.items()}
    if isinstance(expected, list) and isinstance(answer, list) and len(answer) == len(expected):
        return [_only(one, other) for one, other in zip(answer, expected, strict=True)]
    return answer


@pytest.mark.parametrize("text", ["[{]", '[{"item": NaN}]', "[" * 100000, "1" * 5000, "\x00", ""])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        exact_json(text)


@pytest.mark.parametrize("text", ["[{]", '"text"'])
def test_bad_json_is_one_clear_line(text: str) -> None:
    done = run(text, "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert set(json.loads(done.stderr)) == {"error"}


def test_for_people_it_prints_the_arithmetic() -> None:
    case = {
        "item": {"kind": "area_built", "price": 2.35},
        "object": {"built_area": 98.67},
        "period": "2026-10",
    }
    assert run(json.dumps([case])).stdout == (
        "1. 2026-10-01 to 2026-11-01: 98.67 m² × 2.35 × 1 months = 231.8745 → 231.87; "
        "231.8745 rounded half away from zero to 0.01 = 231.87\n"
    )
