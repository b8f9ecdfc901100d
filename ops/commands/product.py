"""A command that needs the product: the kernel booted, every slice registered, a lost database said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError, ProgrammingError

from ops.commands.output import current_settings
from ops.embedded.process import StartError
from tenants.database import Kernel, boot, shutdown


@contextmanager
def booted(*, admin: bool = False) -> Iterator[Kernel]:
    """The kernel for the time of one command; `admin` when it provisions or migrates."""
    settings = current_settings()
    if admin and settings.admin_database_url is None:
        raise StartError(f"no Anju runs in {settings.home} and ANJU_ADMIN_DATABASE_URL is not set")
    try:
        yield boot(settings)
    except OperationalError as error:
        raise StartError(
            f"cannot reach the database; does Anju run? ({first_line(error.orig or error)})"
        ) from error
    except ProgrammingError as error:
        raise StartError(
            f"the database is not migrated; run: anju migrate ({first_line(error.orig or error)})"
        ) from error
    except RedisError as error:
        raise StartError(f"cannot reach Redis: {error}") from error
    finally:
        shutdown()


def first_line(error: BaseException) -> str:
    """The first line of what a driver says, without its hints."""
    return str(error).strip().splitlines()[0]
