"""t0005_repairs: repair orders and what belongs to them."""

revision = "t0005_repairs"
down_revision: str | None = "t0004_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
