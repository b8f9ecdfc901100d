"""The scheduler process: hands out due wakeups, runs periodic work, keeps spare schemas ready."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click

from ops.process import begin_process
from tenants import platform_outbox
from tenants.caches import InvalidationListener
from tenants.database import kernel
from tenants.logs import get_logger
from tenants.provisioning import clear_discarded, keep_spares
from tenants.scheduler import Scheduler, every, register_kernel_work
from tenants.signup import give_up_stale, queued

SPARE_SECONDS = 1.0
SIGNUP_SECONDS = 60.0
PLATFORM_SECONDS = 10.0

log = get_logger(__name__)


def register_platform_work() -> None:
    """The platform's own work; what needs the provisioning login is left to another scheduler without it."""
    every("platform-outbox", PLATFORM_SECONDS, deliver_platform_outbox)
    if kernel().settings.admin_database_url is None:
        return
    every("keep-spares", SPARE_SECONDS, fill_spares)
    every("clean-signups", SIGNUP_SECONDS, clean_signups)


def deliver_platform_outbox() -> None:
    """Enter in the tenants' schemas what the platform owes them."""
    platform_outbox.deliver()


def fill_spares() -> None:
    """Keep the pool full, and one schema more for each firm that waits for one."""
    keep_spares(kernel().settings.spare_schemas + queued())


def clean_signups() -> None:
    """Free what sign-ups that went no further hold."""
    give_up_stale()
    clear_discarded()


@click.command()
def main() -> None:
    """Run the scheduler until stopped; several may run."""
    app = begin_process("scheduler")
    register_kernel_work()
    register_platform_work()
    scheduler = Scheduler()

    def stop(_number: int, _frame: FrameType | None) -> None:
        scheduler.stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    InvalidationListener().start()
    with app.app_context():
        scheduler.run()


if __name__ == "__main__":
    sys.exit(main())
