"""The working calendar and the service level that count for an order."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from sqlalchemy import select

from saas.estate.queries import community_calendar
from saas.repairs.calendars import Hours, WorkingCalendar, round_the_clock
from saas.repairs.catalogue import CATEGORIES, URGENCIES
from saas.repairs.levels import Level, default_level
from saas.repairs.models import ServiceLevel
from tenants.unit_of_work import UnitOfWork

# Until a community says otherwise its office answers every day in these hours.
USUAL_HOURS: Hours = ((time(8, 30), time(17, 30)),)


def calendar_for(uow: UnitOfWork, community_id: UUID, level: Level) -> WorkingCalendar:
    """The calendar in which the minutes of a level run."""
    stored = community_calendar(uow, community_id)
    if level.round_the_clock:
        return round_the_clock(stored.zone)
    week = stored.week if stored.has_hours else (USUAL_HOURS,) * 7
    return WorkingCalendar(zone=stored.zone, week=week, exceptions=stored.exceptions)


def level_for(uow: UnitOfWork, category: str, urgency: str) -> Level:
    """The firm's own level for a category and urgency, else the default."""
    row = uow.session.execute(
        select(
            ServiceLevel.respond_minutes, ServiceLevel.arrive_minutes, ServiceLevel.finish_minutes,
            ServiceLevel.is_round_the_clock,
        ).where(ServiceLevel.category == category, ServiceLevel.urgency == urgency)
    ).first()  # fmt: skip
    return Level(category, urgency, *row) if row else default_level(category, urgency)


def all_levels(uow: UnitOfWork) -> list[Level]:
    """The whole table, the firm's own rows over the defaults."""
    own = {
        (row.category, row.urgency): Level(
            row.category, row.urgency, row.respond_minutes, row.arrive_minutes, row.finish_minutes,
            row.is_round_the_clock,
        )
        for row in uow.session.scalars(select(ServiceLevel))
    }  # fmt: skip
    return [
        own.get((category, urgency)) or default_level(category, urgency)
        for category in CATEGORIES
        for urgency in URGENCIES
    ]
