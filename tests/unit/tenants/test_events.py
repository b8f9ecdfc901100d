"""Events survive the way through JSON with their types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tenants.events import Event, from_payload, to_payload

ID = UUID("01890000-0000-7000-8000-000000000001")


@dataclass(frozen=True)
class PumpChecked(Event):
    pump_id: UUID
    at: datetime
    day: date
    names: tuple[str, ...]
    seen_by: UUID | None
    fine: bool
    count: int = 3


def test_an_event_comes_back_equal() -> None:
    event = PumpChecked(
        ID, datetime(2026, 11, 2, 8, 30, tzinfo=UTC), date(2026, 11, 2), ("泵", "阀"), None, True
    )
    assert to_payload(event)["pump_id"] == str(ID)
    assert from_payload(PumpChecked, to_payload(event)) == event


def test_fields_of_other_releases_are_tolerated() -> None:
    event = PumpChecked(ID, datetime(2026, 11, 2, tzinfo=UTC), date(2026, 11, 2), (), ID, False, 9)
    payload = to_payload(event) | {"written_by_a_later_release": 1}
    del payload["count"]
    assert from_payload(PumpChecked, payload).count == 3


def test_an_event_refuses_what_json_cannot_keep() -> None:
    event = PumpChecked(ID, datetime(2026, 11, 2, tzinfo=UTC), date(2026, 11, 2), (), None, 1.5, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="float"):
        to_payload(event)
