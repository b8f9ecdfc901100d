"""`anju tenant`"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import click

from ops.commands.output import json_option, show, tell
from ops.commands.product import booted, named_tenant, product
from ops.embedded.process import StartError
from saas.people.services.signup import FirmDraft, sign_up_firm
from tenants.ids import new_id
from tenants.lifecycle import ForbiddenTransition, resume, suspend
from tenants.provisioning import keep_spares
from tenants.registry import all_tenants
from tenants.tenant import Tenant


@click.group("tenant")
def command() -> None:
    """Create, list, suspend and resume tenants."""


@command.command("create")
@click.argument("firm")
@click.option("--admin", "admin_name", required=True, help="Name of the first administrator.")
@click.option("--contact", required=True, help="Phone or e-mail of the administrator: the login.")
@click.option("--slug", default="", help="Address of the firm (default: from the name, in pinyin).")
@click.option("--community", default="", help="Name of the first community.")
@click.option("--password-stdin", is_flag=True, help="Read the administrator's password from standard input.")
@json_option
def create(
    firm: str, admin_name: str, contact: str, slug: str, community: str, password_stdin: bool, as_json: bool
) -> None:
    """Sign a firm up. Without --password-stdin a password is made and shown once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    draft = FirmDraft(
        request_id=str(new_id()),
        firm_name=firm,
        admin_name=admin_name,
        contact=contact,
        password=password,
        slug=slug,
        community_name=community,
    )
    with product(admin=True):
        keep_spares(1)
        tenant = sign_up_firm(draft).tenant
    shown = {} if password_stdin else {"password": password}
    sentence = f"{tenant.name} signed up as {tenant.slug}" + (f"; password: {password}" if shown else "")
    tell({**_facts(tenant), **shown}, sentence, as_json)


@command.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """All tenants that are not erased."""
    with booted():
        rows = [_facts(tenant) for tenant in all_tenants()]
    show(rows, ("slug", "state", "name"), as_json)


@command.command("suspend")
@click.argument("slug")
@click.option("--reason", required=True, help="Shown to the tenant's people.")
@json_option
def suspend_one(slug: str, reason: str, as_json: bool) -> None:
    """Stop all writing of a tenant; reading goes on."""
    with booted():
        tenant = _moved(lambda found: suspend(found.id, reason), slug)
    tell(_facts(tenant), f"{tenant.slug} is suspended", as_json)


@command.command("resume")
@click.argument("slug")
@json_option
def resume_one(slug: str, as_json: bool) -> None:
    """Let a suspended tenant write again."""
    with booted():
        tenant = _moved(lambda found: resume(found.id), slug)
    tell(_facts(tenant), f"{tenant.slug} is active", as_json)


def _moved(move: Callable[[Tenant], Tenant], slug: str) -> Tenant:
    try:
        return move(named_tenant(slug))
    except ForbiddenTransition as error:
        raise StartError(f"{slug}: {error}") from error


def _facts(tenant: Tenant) -> dict[str, str]:
    return {"id": str(tenant.id), "slug": tenant.slug, "name": tenant.name, "state": tenant.state}
