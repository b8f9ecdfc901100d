"""`anju up`"""

from __future__ import annotations

import json
import os

import click

from ops.commands.output import json_option
from ops.up import Launch


@click.command("up")
@json_option
def command(as_json: bool) -> None:
    """Run Anju on this machine: servers, migrations and all processes, until Ctrl-C."""

    def say(line: str) -> None:
        click.echo(json.dumps({"message": line}, ensure_ascii=False) if as_json else line)

    Launch(os.environ, say).run()
