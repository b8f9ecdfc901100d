"""t0001_kernel: the kernel's tables of one tenant."""

revision = "t0001_kernel"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
