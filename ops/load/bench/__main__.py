"""`python -m ops.load.bench`: all figures of one run, printed as rows for docs/benchmarks.md."""

from __future__ import annotations

import click

from ops.load.bench.http import measure_http
from ops.load.bench.kernel import read_and_write, signup_times, switch_ratio
from ops.load.bench.stage import copy_orders, fill_first, sign_up, stage


@click.command()
@click.option("--tenants", default="1,100", help="how many firms, one step after the other")
@click.option("--seconds", default=8, help="length of each HTTP measurement")
def main(tenants: str, seconds: int) -> None:
    """Measure switch, list, page and sign-up at each number of firms."""
    steps = sorted(int(step) for step in tenants.split(","))
    with stage() as on:
        firms = [sign_up(0)]
        fill_first(firms[0])
        copy_orders(on, firms[0], [])
        row("firms", "what", "figure")
        for step in steps:
            fresh = [sign_up(number) for number in range(len(firms), step)]
            copy_orders(on, firms[0], fresh)
            firms += fresh
            switched, bare, ratio = switch_ratio(on, firms[0])
            row(
                step,
                "one read in a unit of work / without tenancy",
                f"{switched:.0f} / {bare:.0f} µs = {ratio:.2f}",
            )
            reads, writes = read_and_write(firms)
            row(step, "list of 20 in a service / audited write", f"{reads:.0f} / {writes:.0f} µs")
            warm, cold = signup_times(10_000 + step * 10, 5)
            row(step, "sign-up with a spare / making its schema", f"{warm:.0f} / {cold:.0f} ms")
            seen = measure_http(on, firms[-1], seconds)
            for name, load in seen.items():
                row(
                    step,
                    name,
                    f"{load.rate:.0f} req/s, p50 {load.p50:.1f} ms, p99 {load.p99:.1f} ms, {load.failed} failed",
                )
            row(
                step,
                "list of 20 against the floor",
                f"{seen['list of 20'].rate / seen['floor list of 20'].rate:.2f}",
            )
            row(
                step,
                "page of 50 rows against the floor",
                f"{seen['page of 50 rows'].rate / seen['floor list of 50'].rate:.2f}",
            )


def row(*cells: object) -> None:
    """One row of a Markdown table."""
    click.echo("| " + " | ".join(str(cell) for cell in cells) + " |")


main()
