"""The short form of ops/load/kill_points: one blow of each kind under load loses nothing and doubles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.embedded.valkey import EmbeddedValkey
from ops.load import kill_points
from tenants import drain, outbox, queues, wakeups
from tenants.bootstrap import bootstrap_cluster
from tenants.database import Kernel, boot
from tests.conftest import PASSWORD


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A Valkey that may be killed, with an append-only file as in production."""
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def _patience(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The load changes handlers and leases of this process: put them back."""
    monkeypatch.setattr(outbox, "_subscribers", dict(outbox._subscribers))
    monkeypatch.setattr(outbox, "_effects", dict(outbox._effects))
    for module, name in (
        (drain, "EFFECT_LEASE"),
        (drain, "EFFECT_MARGIN"),
        (wakeups, "CLAIM_RETRY"),
        (outbox, "HINT_PATIENCE"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    settings = kernel.settings
    yield
    queues._queues.clear()
    boot(settings)


@pytest.mark.usefixtures("_patience")
def test_blows_under_load_lose_nothing_and_double_nothing(
    kernel: Kernel, empty_database: str, own_valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    # The firms of other tests would keep the one worker busy with events that it does not know.
    bootstrap_cluster(empty_database, PASSWORD, PASSWORD)
    address = empty_database.rpartition("@")[2]
    app, admin = f"anju_app:{PASSWORD}@{address}", f"anju_admin:{PASSWORD}@{address}"
    outcome = kill_points.with_servers(tmp_path, own_valkey, app, admin, points=4, seed=3)
    assert outcome.kills == {"Redis emptied": 1, "Redis killed": 1, "scheduler killed": 1, "worker killed": 1}
    assert outcome.emitted > 20
    assert outcome.exact, outcome
