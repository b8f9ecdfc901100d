"""Forwarded headers are believed from the listed proxies only; from anyone else they are just text."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from tenants.settings import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class TrustedProxies:
    """WSGI middleware: client address, scheme and host as a listed proxy (address or network) reports them."""

    def __init__(self, app: WSGIApplication, trusted: Sequence[str]) -> None:
        self.direct = app
        self.behind = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        try:
            self.networks = [ipaddress.ip_network(entry, strict=False) for entry in trusted]
        except ValueError as error:
            raise SettingsError(f"ANJU_TRUSTED_PROXIES: {error}") from error

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self.behind if self.trusts(environ.get("REMOTE_ADDR", "")) else self.direct
        return app(environ, start_response)

    def trusts(self, peer: str) -> bool:
        """Whether the peer of the connection is one of the listed proxies."""
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.networks)
