"""`anju migrate`"""

from __future__ import annotations

from dataclasses import asdict

import click

from ops.commands.output import json_option, tell
from ops.commands.product import booted
from tenants.migrate import migrate_platform, migrate_tenants


@click.command("migrate")
@click.option("--parallel", default=2, show_default=True, help="Schemas migrated at the same time.")
@json_option
def command(parallel: int, as_json: bool) -> None:
    """Bring the control schema and every tenant's schema to the newest version. May be repeated."""
    with booted(admin=True):
        migrate_platform()
        report = migrate_tenants(parallel=parallel)
    sentence = f"{report.migrated} schemas migrated to {report.head}, {len(report.failed)} failed"
    tell(asdict(report), sentence, as_json)
    for failure in report.failed:
        click.echo(f"{failure.tenant_id} stopped at {failure.revision}: {failure.error}", err=True)
    if not report.ok:
        raise SystemExit(1)
