"""`anju fees`: prices without a database, and bill runs."""

from __future__ import annotations

import json
from importlib import import_module

import click

from ops.commands.output import json_option
from ops.embedded.process import StartError
from saas.fees.pricing.cases import price_cases
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.fields import exact_json


class FeeCommands(click.Group):
    """Loads what needs the product only when it is called: prices need neither settings nor a database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), "run"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "run":
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module("ops.commands.fees_run").run
        return found


@click.group("fees", cls=FeeCommands)
def command() -> None:
    """Price fee items, run bills."""


@command.command("price")
@json_option
def price(as_json: bool) -> None:
    """Lines of the cases on standard input (a JSON list; docs/fees-price.md), with parts and explanation.

    Needs no settings and no database. A case that cannot be priced answers {"error": …} in its place.
    """
    try:
        with click.open_file("-", "rb") as source:
            answers = price_cases(exact_json(source.read().decode("utf-8-sig")))
    except PricingError as error:
        raise StartError(error.message) from error
    except ValueError as error:
        raise StartError(f"standard input is not JSON: {error}") from error
    if as_json:
        click.echo(json.dumps(answers, ensure_ascii=False))
        return
    for number, answer in enumerate(answers, 1):
        click.echo(f"{number}. {_sentence(answer)}")


def _sentence(answer: dict[str, object]) -> str:
    """For people: the arithmetic of one case, or why there is none."""
    error, explanation, periods = answer.get("error"), answer.get("explanation"), answer.get("periods")
    if isinstance(error, dict):
        return f"{error['code']}: {error['message']}"
    if isinstance(periods, list):
        return f"{len(periods)} lines: " + ", ".join(f"{one['from']}–{one['to']}" for one in periods)
    if isinstance(explanation, dict):
        return "; ".join(explanation.get("text", [f"= {explanation['exact']}"]))
    return ""
