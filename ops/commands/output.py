"""How commands answer: lines for people, JSON with --json, errors as one line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from ops.instance import with_running_servers
from tenants.settings import Settings, load_settings

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Every command has it."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")(command)


def current_settings() -> Settings:
    """The settings of this call; addresses that are not set are those of the Anju running in the same home."""
    return load_settings(with_running_servers(os.environ))


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """A list: one line each with aligned columns, or {"items": […]}."""
    if as_json:
        click.echo(json.dumps({"items": list(rows)}, ensure_ascii=False, default=str))
        return
    widths = {name: max([len(str(row[name])) for row in rows], default=0) for name in columns}
    for row in rows:
        click.echo("  ".join(str(row[name]).ljust(widths[name]) for name in columns).rstrip())


def tell(facts: Mapping[str, Any], sentence: str, as_json: bool) -> None:
    """One fact: a sentence, or a JSON object."""
    click.echo(json.dumps(dict(facts), ensure_ascii=False, default=str) if as_json else sentence)
