"""Every setting of Anju: declared once with type, default and help, read in this one place."""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, cast

PREFIX = "ANJU_"
Mode = Literal["demo", "production"]
Argon2Profile = Literal["nist", "dengbao", "test"]


class SettingsError(ValueError):
    """A setting is unknown, missing or unreadable; the message names it."""


@dataclass(frozen=True)
class Declared:
    """One setting as the docs and `anju doctor` show it."""

    name: str
    variable: str
    kind: str
    default: str | None
    help: str
    secret: bool = False


@dataclass(frozen=True)
class Settings:
    """The settings of this process."""

    mode: Mode
    home: Path
    database_url: str
    admin_database_url: str | None
    redis_url: str
    base_domain: str
    single_tenant: str | None
    host: str
    port: int
    stream_port: int
    public_url: str | None
    master_key_file: Path
    secret_key_file: Path
    smtp_url: str | None
    mail_from: str
    sentry_dsn: str | None
    metrics_token: str | None
    trusted_proxies: tuple[str, ...]
    argon2_profile: Argon2Profile
    spare_schemas: int
    log_level: str
    web_workers: int
    locale: str

    @property
    def demo(self) -> bool:
        """Whether the demo conveniences may exist."""
        return self.mode == "demo"


def _declare(name: str, kind: str, default: str | None, text: str, *, secret: bool = False) -> Declared:
    variable = "SENTRY_DSN" if name == "sentry_dsn" else PREFIX + name.upper()
    return Declared(name, variable, kind, default, text, secret)


DECLARED: tuple[Declared, ...] = (
    _declare("mode", "demo|production", "demo", "demo shows known logins and a mailbox; production has none"),
    _declare("home", "path", "./var", "folder of data, files and embedded servers"),
    _declare(
        "database_url",
        "url",
        "postgresql://anju_app@127.0.0.1:5432/anju",
        "PostgreSQL login of the app: owns nothing",
        secret=True,
    ),
    _declare(
        "admin_database_url",
        "url?",
        None,
        "PostgreSQL login for provisioning and migrations; worker and command line only",
        secret=True,
    ),
    _declare(
        "redis_url", "url", "redis://127.0.0.1:6379/0", "Redis or Valkey: hints, caches, queues", secret=True
    ),
    _declare("base_domain", "text", "localhost", "tenants live at <slug>.<base domain>"),
    _declare("single_tenant", "text?", None, "slug of the only tenant of a private installation"),
    _declare("host", "text", "127.0.0.1", "address to listen on"),
    _declare("port", "int", "8000", "port of the web process"),
    _declare("stream_port", "int?", None, "port of the live stream (default: the web port + 1)"),
    _declare("public_url", "url?", None, "outer address of the base host when a proxy stands before Anju"),
    _declare(
        "master_key_file", "path?", None, "file of the master key, mode 0600 (default: <home>/master.key)"
    ),
    _declare(
        "secret_key_file", "path?", None, "file of the cookie key, mode 0600 (default: <home>/secret.key)"
    ),
    _declare("smtp_url", "url?", None, "smtp[s]://user:password@host:port for outgoing mail", secret=True),
    _declare("mail_from", "text", "anju@localhost", "sender of outgoing mail"),
    _declare("sentry_dsn", "url?", None, "where errors are reported to", secret=True),
    _declare(
        "metrics_token", "text?", None, "bearer token for /metrics and the details of /readyz", secret=True
    ),
    _declare(
        "trusted_proxies", "list", "", "addresses whose forwarded headers are believed, comma separated"
    ),
    _declare("argon2_profile", "nist|dengbao|test", "nist", "cost of password hashing"),
    _declare("spare_schemas", "int", "3", "how many empty tenant schemas to keep ready"),
    _declare("log_level", "text", "INFO", "least level that is logged"),
    _declare("web_workers", "int", "0", "web worker processes (0: one per core)"),
    _declare("locale", "text", "zh_Hans_CN", "language of a new tenant"),
)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; SettingsError names what is wrong."""
    source = os.environ if environ is None else environ
    _refuse_unknown(source)
    values: dict[str, Any] = {}
    for declared in DECLARED:
        raw = source.get(declared.variable, "").strip() or declared.default
        values[declared.name] = _parse(declared, raw)
    home = cast(Path, values["home"])
    values["stream_port"] = values["stream_port"] or values["port"] + 1
    values["master_key_file"] = values["master_key_file"] or home / "master.key"
    values["secret_key_file"] = values["secret_key_file"] or home / "secret.key"
    values["web_workers"] = values["web_workers"] or os.cpu_count() or 1
    missing = {f.name for f in fields(Settings)} - values.keys()
    if missing:
        raise SettingsError(f"settings without a declaration: {', '.join(sorted(missing))}")
    return Settings(**values)


def _refuse_unknown(source: Mapping[str, str]) -> None:
    known = [declared.variable for declared in DECLARED]
    for variable in sorted(source):
        if variable.startswith(PREFIX) and variable not in known:
            near = difflib.get_close_matches(variable, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f"unknown setting {variable}{hint}")


def _parse(declared: Declared, raw: str | None) -> Any:
    kind = declared.kind.removesuffix("?")
    if raw is None:
        if declared.kind.endswith("?"):
            return None
        raise SettingsError(f"{declared.variable} is not set")
    if "|" in kind:
        if raw not in kind.split("|"):
            raise SettingsError(f"{declared.variable} must be one of {kind.replace('|', ', ')}, not {raw!r}")
        return raw
    try:
        return _PARSERS[kind](raw)
    except ValueError as error:
        shown = "its value" if declared.secret else repr(raw)
        raise SettingsError(f"{declared.variable}: {shown} is no {kind}") from error


def _url(raw: str) -> str:
    if "://" not in raw:
        raise ValueError(raw)
    return raw


def _items(raw: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in raw.split(",") if item.strip())


def _path(raw: str) -> Path:
    return Path(raw).expanduser().absolute()


_PARSERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "url": _url,
    "int": int,
    "path": _path,
    "list": _items,
}
