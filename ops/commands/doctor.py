"""`anju doctor`"""

from __future__ import annotations

from dataclasses import asdict

import click

from ops.commands.output import current_settings, json_option, show
from ops.doctor import examine


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Check settings, keys, servers, migrations and browser files. Ends with status 1 when something does not work."""
    findings = examine(current_settings())
    show([asdict(finding) for finding in findings], ("state", "check", "text"), as_json)
    if any(finding.state == "error" for finding in findings):
        raise SystemExit(1)
