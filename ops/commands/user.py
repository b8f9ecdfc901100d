"""`anju user`"""

from __future__ import annotations

import secrets
import sys
from dataclasses import asdict

import click

from ops.commands.output import json_option, show, tell
from ops.commands.product import named_tenant, product
from saas.people.role_names import ADMINISTRATOR, FOR_STAFF
from saas.people.services.user_admin import create_user, list_users, reset_password


@click.group("user")
def command() -> None:
    """List and create the accounts of a tenant, or help somebody in who forgot the password."""


@command.command("list")
@click.argument("slug")
@json_option
def list_all(slug: str, as_json: bool) -> None:
    """All accounts: names and roles, no phones."""
    with product():
        rows = [asdict(line) for line in list_users(named_tenant(slug))]
    for row in rows:
        row["roles"] = row["roles"] if as_json else ", ".join(row["roles"])
    show(rows, ("kind", "state", "name", "roles"), as_json)


@command.command("create")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--contact", required=True, help="Phone or e-mail: the login.")
@click.option("--role", type=click.Choice(FOR_STAFF), default=ADMINISTRATOR, show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def create(slug: str, name: str, contact: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """A staff account that may sign in at once. Without --password-stdin a password is made and shown once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    with product():
        line = create_user(named_tenant(slug), name=name, contact=contact, password=password, role=role)
    shown = {} if password_stdin else {"password": password}
    sentence = f"{line.name} may sign in as {role}" + (f"; password: {password}" if shown else "")
    tell({**asdict(line), **shown}, sentence, as_json)


@command.command("reset-password")
@click.argument("slug")
@click.argument("login")
@json_option
def reset(slug: str, login: str, as_json: bool) -> None:
    """A one-time link for a new password; all sessions of the account end."""
    with product():
        path = reset_password(named_tenant(slug), identifier=login)
    tell({"path": path}, f"open {path} at the tenant's address", as_json)
