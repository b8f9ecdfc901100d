"""t0002_people: accounts, roles, sessions, staff and persons."""

revision = "t0002_people"
down_revision: str | None = "t0001_kernel"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
