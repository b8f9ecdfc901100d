"""`anju import`"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from ops.commands.output import json_option, tell
from ops.commands.product import named_tenant, product
from saas.core.actors import SYSTEM
from saas.estate.services.imports import apply_list, batch_of, request_apply, take_in, upload_list
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--community", default="", help="Name of the community (default: as the list says).")
@click.option("--apply", "apply_it", is_flag=True, help="Write it; without this only a preview is made.")
@click.option("--again", is_flag=True, help="Import a file that was imported before.")
@json_option
def command(slug: str, file: Path, community: str, apply_it: bool, again: bool, as_json: bool) -> None:
    """Read a list of rooms and owners (Excel) into a tenant, as the page does: preview first, then apply."""
    with product():
        tenant = named_tenant(slug)
        batch_id = _upload(tenant, file, community, again)
        facts = _facts(tenant, batch_id)
        if facts["state"] == "preview" and apply_it:
            _apply(tenant, batch_id, community)
            facts = _facts(tenant, batch_id)
    totals = ", ".join(f"{name} {count}" for name, count in facts["totals"].items())
    tell(facts, f"{facts['state']}: {totals or facts['error']}", as_json)
    if facts["state"] not in ("preview", "applied"):
        raise SystemExit(1)


def _upload(tenant: Tenant, file: Path, community: str, again: bool) -> UUID:
    with unit_of_work(tenant) as uow:
        batch_id = upload_list(
            uow,
            actor=SYSTEM,
            file_name=file.name,
            content=file.read_bytes(),
            community_name=community,
            again=again,
        ).id
    # The worker does the same when it is there; whoever comes first does it, the other finds it done.
    with unit_of_work(tenant) as uow:
        take_in(uow, batch_id)
    return batch_id


def _apply(tenant: Tenant, batch_id: UUID, community: str) -> None:
    with unit_of_work(tenant) as uow:
        request_apply(uow, actor=SYSTEM, batch_id=batch_id, community_name=community)
    with unit_of_work(tenant) as uow:
        apply_list(uow, batch_id)


def _facts(tenant: Tenant, batch_id: UUID) -> dict[str, Any]:
    with unit_of_work(tenant, read_only=True) as uow:
        batch = batch_of(uow, actor=SYSTEM, batch_id=batch_id)
        return {
            "id": str(batch.id),
            "state": batch.state,
            "error": batch.error_code,
            "totals": dict(batch.totals or {}),
        }
