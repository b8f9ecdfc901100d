"""The `anju` command. Each command is thin: it calls what the back office calls and prints the answer."""

from __future__ import annotations

import errno
import json
import sys
from importlib import import_module
from typing import Any

import click

from ops.embedded.process import StartError
from tenants.settings import SettingsError

COMMANDS = {
    "up": "ops.commands.up",
    "doctor": "ops.commands.doctor",
    "migrate": "ops.commands.migrate",
    "tenant": "ops.commands.tenant",
    "user": "ops.commands.user",
    "import": "ops.commands.imports",
    "classify": "ops.commands.classify",
    "fees": "ops.commands.fees",
    "key": "ops.commands.key",
    "audit": "ops.commands.audit",
}


class Commands(click.Group):
    """Loads a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command


@click.group(cls=Commands)
def anju() -> None:
    """Anju (安居): property management as a service. Settings come from ANJU_… variables; `anju doctor` lists them."""


def main() -> None:
    """Run a command; what keeps it from working is said in one line."""
    arguments = sys.argv[1:]
    try:
        status: Any = anju.main(arguments, prog_name="anju", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        if "--json" in arguments:
            _fail(error.format_message(), arguments, error.exit_code)
        error.show()
        sys.exit(error.exit_code)
    except (StartError, SettingsError) as error:
        _fail(str(error), arguments)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        _fail(f"{error.filename or 'the disk'}: {error.strerror}", arguments)


def _fail(line: str, arguments: list[str], status: int = 1) -> None:
    click.echo(
        json.dumps({"error": line}, ensure_ascii=False) if "--json" in arguments else f"anju: {line}",
        err=True,
    )
    sys.exit(status)


if __name__ == "__main__":
    main()
