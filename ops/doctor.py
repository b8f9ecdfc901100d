"""`anju doctor`: what is right and wrong with this installation, one finding per line."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from sqlalchemy import func, or_, select
from sqlalchemy.exc import DBAPIError

from ops.demo.logins import SLUG
from ops.instance import LEAST_FREE_BYTES
from tenants.database import boot, shutdown
from tenants.migrate import tenant_revisions
from tenants.platform_models import MigrationProgress
from tenants.registry import tenant_by_slug
from tenants.settings import Settings
from tenants.unit_of_work import platform_unit_of_work

OLDEST_POSTGRES = 150000
ASSETS = Path(__file__).resolve().parent.parent / "saas" / "web" / "static" / "dist"


@dataclass(frozen=True)
class Finding:
    """One line: `ok`, `warning` (works, should be changed) or `error` (does not work)."""

    check: str
    state: str
    text: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    findings: list[Finding] = [Finding("settings", "ok", f"{settings.mode} mode, home {settings.home}")]
    for name, check in CHECKS.items():
        try:
            findings.extend(Finding(name, state, text) for state, text in check(settings))
        except (OSError, psycopg.Error, redis.RedisError) as error:
            findings.append(Finding(name, "error", str(error).strip().splitlines()[0]))
        except DBAPIError as error:
            findings.append(Finding(name, "error", str(error.orig).strip().splitlines()[0]))
    return findings


def _disk(settings: Settings) -> Iterator[tuple[str, str]]:
    if not settings.home.exists():
        yield "warning", f"{settings.home} does not exist yet; `anju up` makes it"
        return
    free = shutil.disk_usage(settings.home).free
    enough = free >= LEAST_FREE_BYTES
    yield ("ok" if enough else "error"), f"{free // 2**20} MB free in {settings.home}"


def _keys(settings: Settings) -> Iterator[tuple[str, str]]:
    for file, title in ((settings.master_key_file, "master key"), (settings.secret_key_file, "cookie key")):
        if not file.exists():
            yield "warning", f"no {title} at {file} yet; the first start makes it"
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            yield "error", f"{file} can be read by others (mode {mode:o}); chmod 600 it"
        elif not settings.demo and settings.home in file.parents:
            yield "warning", f"{file} lies in the data folder: a stolen backup would hold data and key"
        else:
            yield "ok", f"{title} {file}, mode {mode:o}"


def _database(settings: Settings) -> Iterator[tuple[str, str]]:
    with psycopg.connect(settings.database_url, connect_timeout=5) as connection:
        number = connection.info.server_version
        shown = f"PostgreSQL {number // 10000}.{number % 10000} as {connection.info.user}"
        yield (
            ("ok" if number >= OLDEST_POSTGRES else "error"),
            shown + ("" if number >= OLDEST_POSTGRES else "; 15 is the oldest supported"),
        )
        row = connection.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        if row and row[0]:
            yield "error", "ANJU_DATABASE_URL logs in as an administrator; the app's login must own nothing"
    if settings.admin_database_url is None:
        yield "warning", "ANJU_ADMIN_DATABASE_URL is not set: no provisioning and no migrations from here"
        return
    with psycopg.connect(settings.admin_database_url, connect_timeout=5) as connection:
        yield "ok", f"administration as {connection.info.user}"


def _redis(settings: Settings) -> Iterator[tuple[str, str]]:
    with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=5, decode_responses=True) as client:
        version = client.info("server")["redis_version"]
        yield "ok", f"Redis protocol {version}"
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy")
        if policy != "noeviction":
            yield "error", f"maxmemory-policy is {policy}: jobs would be dropped; set noeviction"
        if client.config_get("appendonly").get("appendonly") != "yes":
            yield "warning", "appendonly is off: queued work waits for the sweep after a crash of Redis"


def _migrations(settings: Settings) -> Iterator[tuple[str, str]]:
    boot(settings)
    try:
        head = tenant_revisions()[-1].name
        behind = or_(MigrationProgress.revision != head, MigrationProgress.error.is_not(None))
        with platform_unit_of_work(read_only=True) as unit:
            total = unit.session.scalar(select(func.count()).select_from(MigrationProgress)) or 0
            late = unit.session.scalar(select(func.count()).select_from(MigrationProgress).where(behind)) or 0
    finally:
        shutdown()
    if late:
        yield "error", f"{late} of {total} schemas are not at {head}; run: anju migrate"
    else:
        yield "ok", f"{total} schemas at {head}"


def _assets(settings: Settings) -> Iterator[tuple[str, str]]:
    if (ASSETS / "htmx.min.js").exists():
        yield "ok", f"{len(list(ASSETS.iterdir()))} browser files"
    else:
        yield "error", "browser files are missing; run: make assets"


def _proxies(settings: Settings) -> Iterator[tuple[str, str]]:
    public = settings.public_url or ""
    if not settings.demo and not public.startswith("https://"):
        yield "warning", "ANJU_PUBLIC_URL is not https: cookies travel in clear"
    if public and not settings.trusted_proxies and not settings.demo:
        yield "warning", "ANJU_TRUSTED_PROXIES is empty: every visitor has the proxy's address"
    if os.geteuid() == 0 and not settings.demo:
        yield "warning", "Anju runs as root; a user of its own is safer"
    if not settings.demo and _demo_firm_is_here(settings):
        yield (
            "warning",
            f"there is a firm {SLUG} as in the demo, whose logins are known: use a database of its own",
        )


def _demo_firm_is_here(settings: Settings) -> bool:
    boot(settings)
    try:
        found = tenant_by_slug(SLUG)
    finally:
        shutdown()
    return found is not None


CHECKS: dict[str, Callable[[Settings], Iterator[tuple[str, str]]]] = {
    "disk": _disk,
    "keys": _keys,
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
    "assets": _assets,
    "exposure": _proxies,
}
