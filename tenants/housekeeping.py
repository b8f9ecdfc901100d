"""What the worker does for the platform from time to time: spares, given-up sign-ups, the platform's outbox."""

from tenants import platform_outbox, provisioning, signup
from tenants.database import kernel


def keep_spares() -> int:
    """Admin login: as many spares as are wanted beyond the sign-ups that wait; answers how many were made."""
    return provisioning.keep_spares(kernel().settings.spare_schemas + signup.queued())


def clean_up() -> int:
    """Admin login: give up sign-ups that lay still, drop their schemas; answers how many were dropped."""
    signup.give_up_stale()
    return len(provisioning.clear_discarded())


def deliver_platform_outbox() -> int:
    """Bring what the platform did into the tenants' audits."""
    return platform_outbox.deliver()
