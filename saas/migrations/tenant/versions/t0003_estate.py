"""t0003_estate: communities, buildings, rooms, occupancies, imports."""

revision = "t0003_estate"
down_revision: str | None = "t0002_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
