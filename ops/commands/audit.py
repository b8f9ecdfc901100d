"""`anju audit`: is a firm's audit trail as it was written?"""

from __future__ import annotations

import click

from ops.commands.output import json_option, tell
from ops.commands.product import booted, named_tenant
from tenants.sealer import verify_tenant


@click.group("audit")
def command() -> None:
    """Check the audit trail."""


@command.command("verify")
@click.argument("slug")
@json_option
def verify(slug: str, as_json: bool) -> int:
    """Recompute the chain of seals of a firm; status 1 and the first bad row when it does not hold."""
    with booted():
        verdict = verify_tenant(named_tenant(slug))
    facts = {
        "intact": verdict.intact,
        "sealed": verdict.sealed,
        "unsealed": len(verdict.unsealed),
        "seals": verdict.head_sequence,
        "first_bad": verdict.first_bad,
    }
    found = "intact" if verdict.intact else f"NOT intact from {verdict.first_bad}"
    tell(facts, f"{slug}: {found}; {verdict.sealed} rows sealed, {len(verdict.unsealed)} waiting", as_json)
    return 0 if verdict.intact else 1
