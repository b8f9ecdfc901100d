"""Slugs: the first label of a tenant's host name."""

import re

RESERVED = frozenset(
    [
        "about",
        "account",
        "accounts",
        "admin",
        "administrator",
        "anju",
        "api",
        "app",
        "apps",
        "asset",
        "assets",
        "auth",
        "backoffice",
        "base",
        "billing",
        "blog",
        "cdn",
        "console",
        "contact",
        "dashboard",
        "dev",
        "docs",
        "download",
        "email",
        "example",
        "ftp",
        "git",
        "help",
        "home",
        "host",
        "https",
        "imap",
        "info",
        "internal",
        "live",
        "localhost",
        "login",
        "logout",
        "mail",
        "marketplace",
        "metrics",
        "mobile",
        "mx",
        "news",
        "ns",
        "ns1",
        "ns2",
        "operator",
        "operators",
        "ops",
        "pay",
        "payment",
        "payments",
        "platform",
        "plugin",
        "plugins",
        "pop",
        "portal",
        "postmaster",
        "privacy",
        "public",
        "register",
        "root",
        "secure",
        "security",
        "shop",
        "signup",
        "smtp",
        "sso",
        "staff",
        "staging",
        "static",
        "status",
        "stream",
        "support",
        "system",
        "tenant",
        "tenants",
        "terms",
        "test",
        "vendor",
        "vendors",
        "webhook",
        "webhooks",
        "webmaster",
        "wechat",
        "wpad",
        "www",
        "xn",
    ]
)
_SHAPE = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,38}[a-z0-9]")


class BadSlug(ValueError):
    """The slug cannot be a tenant's; `code` says why: `shape` or `reserved`."""

    def __init__(self, slug: str, code: str) -> None:
        super().__init__(f"{slug!r}: {code}")
        self.code = code


def check_slug(slug: str) -> str:
    """The slug itself, 3 to 40 letters, digits and single hyphens, beginning with a letter; or BadSlug."""
    if not _SHAPE.fullmatch(slug):
        raise BadSlug(slug, "shape")
    if slug in RESERVED:
        raise BadSlug(slug, "reserved")
    return slug
