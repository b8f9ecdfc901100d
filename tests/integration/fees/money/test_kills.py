"""kill -9 between all steps of a payment: the books are exact each time, and a repeat finishes what was begun."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from saas.fees.models import Payment, Receipt
from saas.fees.services import accounts

ROOT = Path(__file__).parents[4]
KILLS = 24


def test_a_process_killed_at_any_step_leaves_exact_books(firm, settings):
    everything = firm.issue(*[1_000 + number for number in range(KILLS + 3)])
    steps = _steps_of_one(firm, settings, everything[0])
    chance = random.Random(5)
    points = [*range(1, steps, 2), *(chance.randrange(1, steps + 1) for _ in range(KILLS))][:KILLS]
    killed = 0
    for number, point in enumerate(points):
        # The line that the killed process before left behind comes first: its key finds what was begun.
        killed += _run(firm, settings, point, everything[number : number + 3]) == -signal.SIGKILL
        firm.check()
        paid = firm.open_of(*everything).count(0)
        assert firm.count(Payment, Payment.state == "SUCCEEDED") == paid == firm.count(Receipt)
    assert killed >= 20
    assert _run(firm, settings, 0, everything) == 0
    firm.check()
    assert set(firm.open_of(*everything)) == {0} and firm.balance(accounts.RECEIVABLE) == 0
    assert firm.count(Payment) == firm.count(Receipt) == len(everything)


def _steps_of_one(firm, settings, line) -> int:
    """How many steps one payment has."""
    done = subprocess.run(
        _command(firm, 1_000_000, [line]),
        env=_environment(settings),
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return 1_000_000 - int(done.stdout.split()[-1])


def _run(firm, settings, kill_at: int, lines) -> int:
    return subprocess.run(
        _command(firm, kill_at, lines), env=_environment(settings), cwd=ROOT, capture_output=True
    ).returncode


def _command(firm, kill_at: int, lines) -> list[str]:
    module = "tests.integration.fees.money.paying_process"
    cashier = str(firm.cashier.user_id)
    return [sys.executable, "-m", module, str(firm.tenant.id), cashier, str(kill_at), *map(str, lines)]


def _environment(settings) -> dict[str, str]:
    ours = {
        "ANJU_MODE": "demo", "ANJU_HOME": str(settings.home), "ANJU_DATABASE_URL": settings.database_url,
        "ANJU_REDIS_URL": settings.redis_url, "ANJU_ARGON2_PROFILE": "test",
    }  # fmt: skip
    return {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")} | ours
