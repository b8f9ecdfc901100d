"""`anju key`: the master key that wraps every firm's data keys."""

from __future__ import annotations

import click

from ops.commands.output import current_settings, json_option, tell
from ops.commands.product import booted
from ops.embedded.process import StartError
from tenants.keys import KeyFileError, add_key, create_key_file, read_key_file, reload_keys
from tenants.rotation import rewrap_all


@click.group("key")
def command() -> None:
    """Create and rotate the master key."""


@command.command("create")
@json_option
def create(as_json: bool) -> None:
    """Write the master key file named by ANJU_MASTER_KEY_FILE; an existing one is left alone. Keep a copy elsewhere."""
    path = current_settings().master_key_file
    existed = path.exists()
    create_key_file(path)
    sentence = (
        f"{path} was there already" if existed else f"{path} written; without it no personal data can be read"
    )
    tell({"file": str(path), "created": not existed}, sentence, as_json)


@command.command("rotate")
@json_option
def rotate(as_json: bool) -> None:
    """Put a new key first in the file and wrap all data keys with it. Safe to repeat while everything runs."""
    path = current_settings().master_key_file
    try:
        read_key_file(path)
        add_key(path)
        reload_keys()
        with booted():
            changed = rewrap_all()
    except KeyFileError as error:
        raise StartError(str(error)) from error
    tell(
        {"file": str(path), "rewrapped": changed},
        f"{changed} data keys wrapped with the new master key",
        as_json,
    )
