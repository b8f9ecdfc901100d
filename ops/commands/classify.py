"""`anju classify`"""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ops.commands.output import json_option
from plugins.host import classify_text


@click.command("classify")
@click.option("--locale", default="zh_Hans_CN", show_default=True)
@json_option
def command(locale: str, as_json: bool) -> None:
    """Category and urgency of repair requests: a text per line of standard input, a JSON object per line back."""
    with click.open_file("-", encoding="utf-8") as lines:
        for line in lines:
            text = line.rstrip("\r\n")
            if text.strip():
                click.echo(json.dumps(classified(text, locale), ensure_ascii=False))


def classified(text: str, locale: str) -> dict[str, object]:
    """One answer, with the words that decided."""
    answer = classify_text(text, locale)
    return {
        "text": text,
        "category": answer.category.label,
        "urgency": answer.urgency.label,
        "confidence": round(answer.category.confidence, 4),
        "because": [asdict(reason) for reason in answer.because],
    }
