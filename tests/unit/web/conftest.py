"""An application of the shell with a tenant that needs no database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask.views import MethodView

from saas import app as application
from saas.core import actors
from saas.core.actors import Actor, Scope
from saas.core.errors import Conflict, InvalidInput
from saas.web.api import Blueprint as ApiBlueprint
from saas.web.api import api
from saas.web.auth import access, public, signed_in
from saas.web.render import page
from tenants import registry
from tenants.database import shutdown
from tenants.ids import new_id
from tenants.settings import load_settings
from tenants.tenant import Tenant

FIRM = Tenant(id=new_id(), slug="anhe", name="安和物业")


class HostClient(FlaskClient):
    """A browser that stands at one host."""

    host = "localhost"

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", f"http://{self.host}")
        return super().open(*args, **kwargs)


@dataclass
class Shell:
    """The application and who is signed in."""

    app: Flask
    actor: list[Actor | None] = field(default_factory=lambda: [None])

    def client(self, host: str = "anhe.localhost:8000") -> FlaskClient:
        client = HostClient(self.app, self.app.response_class, use_cookies=True)
        client.host = host
        return client

    def sign_in(self, **scopes: Scope) -> None:
        grants = {name.replace("__", "."): scope for name, scope in scopes.items()}
        self.actor[0] = Actor(kind="staff", user_id=new_id(), session_id=new_id(), name="李婷", grants=grants)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setattr(application, "SLICES", (register_samples,))
    monkeypatch.setattr(actors, "_resolvers", [])
    monkeypatch.setattr(registry, "tenant_for_host", found)
    built = Shell(application.create_app(load_settings({"ANJU_HOME": str(tmp_path)})))
    actors.register_actor_resolver(lambda request: built.actor[0])
    yield built
    shutdown()


def found(host: str) -> object:
    name = host.split(":")[0]
    return {"localhost": registry.BASE, "anhe.localhost": FIRM}.get(name)


def register_samples(app: Flask) -> None:
    """Routes of every kind, as a slice would have them."""
    pages = Blueprint("sample", __name__)

    @pages.get("/board")
    @access("repairs.board")
    def board() -> object:
        return page("web/offline.html")

    @pages.get("/mine")
    @signed_in
    def mine() -> str:
        return "mine"

    @pages.post("/form")
    @signed_in
    def form() -> object:
        raise Conflict(code="already_closed")

    @pages.get("/broken")
    @public("a test")
    def broken() -> object:
        raise RuntimeError("secret details")

    blp = ApiBlueprint("sample_api", __name__, url_prefix="/api/v1/samples")

    @blp.route("/")
    class Samples(MethodView):
        @blp.response(200)
        @access("repairs.board")
        def get(self) -> dict[str, object]:
            return {"items": [], "next_cursor": None}

        @blp.response(201)
        @access("repairs.board")
        def post(self) -> object:
            raise InvalidInput(fields={"phone": ["one digit is missing"]})

    app.register_blueprint(pages)
    api.register_blueprint(blp)


@pytest.fixture
def quiet_errors(shell: Shell) -> Callable[[], None]:
    """Let a failing view become a 500 instead of failing the test."""
    shell.app.config["PROPAGATE_EXCEPTIONS"] = False
    return lambda: None


def token_of(text: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', text)
    assert found is not None
    return found.group(1)
