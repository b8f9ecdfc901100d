"""Addresses that we propose to a firm, from the pinyin of its name."""

import re

from saas.people.names import firm_core, plain_pinyin
from tenants.slugs import BadSlug, check_slug

PROPOSED_MAX = 24


def slug_problem(slug: str) -> str | None:
    """None when the kernel takes the slug, else `slug_shape` or `slug_reserved`."""
    try:
        check_slug(slug)
    except BadSlug as refusal:
        return f"slug_{refusal.code}"
    return None


def propose_slugs(firm_name: str) -> list[str]:
    """Addresses for a firm, best first: 北京安和物业有限公司 -> beijinganhe, beijinganhewy, bjah …

    None of them is reserved; whether one is free is for the caller to find out. Numbered ones come last.
    """
    core = firm_core(firm_name)
    full, short = plain_pinyin(core), plain_pinyin(core, initials=True)
    bases = [
        re.sub(r"\A[0-9]+", "", each)[:PROPOSED_MAX]
        for each in (full, f"{full}wy", f"{short}wy", f"{short}wuye")
    ]
    named = [each for each in dict.fromkeys(bases) if slug_problem(each) is None] or ["wuye"]
    return named + [f"{named[0]}-{number}" for number in range(2, 10)]
