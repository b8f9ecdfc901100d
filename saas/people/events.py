"""What people tells the other slices, after commit."""

from dataclasses import dataclass
from uuid import UUID

from tenants.outbox import Event


@dataclass(frozen=True)
class ResidentActivated(Event):
    """A resident signed in for the first time."""

    user_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class StaffDeactivated(Event):
    """A member of staff may no longer sign in; open work has to go to someone else."""

    user_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class StaffChanged(Event):
    """Skills, shift, load or scope of a member of staff changed."""

    staff_id: UUID
