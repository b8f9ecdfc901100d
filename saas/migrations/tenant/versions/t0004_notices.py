"""t0004_notices: announcements, templates and deliveries."""

revision = "t0004_notices"
down_revision: str | None = "t0003_estate"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
