"""The address of a firm, `<slug>.<base domain>`: what is allowed and what we propose."""

import re

from saas.people.names import firm_core, plain_pinyin

SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
SLUG_MIN = 3
SLUG_MAX = 30

RESERVED = frozenset(
    "www api app admin administrator root mail email smtp imap pop ftp ns dns static assets cdn media files img "
    "images docs doc help support status blog news about contact login logout signin signup register account "
    "accounts auth oauth sso id my me home index demo-admin test testing staging dev beta internal local localhost "
    "anju platform operator backoffice console vendor vendors market marketplace plugin plugins billing pay payment "
    "payments invoice live stream gateway metrics healthz readyz health monitor grafana sentry git security abuse "
    "postmaster hostmaster webmaster info noreply no-reply sales legal privacy terms tenant tenants system".split()
)


def slug_problem(slug: str) -> str | None:
    """None when the slug may be used, else `slug_form`, `slug_length` or `slug_reserved`."""
    if not SLUG_MIN <= len(slug) <= SLUG_MAX:
        return "slug_length"
    if not SLUG.match(slug) or slug.startswith("xn-"):
        return "slug_form"
    if slug in RESERVED:
        return "slug_reserved"
    return None


def propose_slugs(firm_name: str) -> list[str]:
    """Addresses for a firm, best first; the caller takes the first free one and numbers on when none is."""
    core = firm_core(firm_name)
    full, short = plain_pinyin(core), plain_pinyin(core, initials=True)
    wanted = [full, f"{full}wy", short, f"{short}wy", f"{short}wuye"]
    trimmed = [re.sub(r"^[0-9]+", "", each) for each in wanted]
    proposals = [each for each in dict.fromkeys(trimmed) if slug_problem(each) is None]
    return proposals or ["wuye"]


def numbered(slug: str, number: int) -> str:
    """The slug with a number behind it, still within the length: anhe -> anhe-2."""
    tail = f"-{number}"
    return slug[: SLUG_MAX - len(tail)].rstrip("-") + tail
