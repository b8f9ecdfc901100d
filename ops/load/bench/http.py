"""Figures over HTTP, with wrk as the client: the list of orders against the floor, and a page of the console."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from ops.load.bench.stage import LOGIN, PASSWORD, Stage, serving
from tenants.tenant import Tenant

CLIENTS = 32
FLOOR = "ops.load.bench.floor"
PRODUCT = "ops.wsgi"


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests a second, latencies in milliseconds, answers that were not 2xx."""

    rate: float
    p50: float
    p99: float
    failed: int


def measure_http(on: Stage, tenant: Tenant, seconds: int) -> dict[str, Load]:
    """Floor and product in turn, in one run: list of 20, and the page and list of 50 rows."""
    floor_url = on.superuser_url
    with (
        serving(on, FLOOR, FLOOR_URL=floor_url, FLOOR_SCHEMA=tenant.schema) as floor,
        serving(on, PRODUCT) as port,
    ):
        host = f"{tenant.slug}.localhost"
        token, cookie = _token(port, host), _cookie(port, host)
        cases = {
            "floor list of 20": (floor, "/?limit=20", {}),
            "list of 20": (
                port,
                "/api/v1/repairs?limit=20",
                {"Host": host, "Authorization": f"Bearer {token}"},
            ),
            "floor list of 50": (floor, "/?limit=50", {}),
            "page of 50 rows": (port, "/repairs", {"Host": host, "Cookie": cookie, "Accept": "text/html"}),
        }
        for where, path, headers in cases.values():
            _wrk(where, path, headers, 2)
        return {name: _wrk(where, path, headers, seconds) for name, (where, path, headers) in cases.items()}


def _wrk(port: int, path: str, headers: dict[str, str], seconds: int) -> Load:
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is needed for the HTTP figures; install the package of that name")
    command = [program, "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    answer = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
    )
    said = answer.stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return Load(
        float(rate.group(1)) if rate else 0.0, _latency(said, "50"), _latency(said, "99"),
        int(failed.group(1)) if failed else 0,
    )  # fmt: skip


def _latency(said: str, percent: str) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    if found is None:
        return 0.0
    return float(found.group(1)) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found.group(2)]


def _token(port: int, host: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = orjson.dumps({"identifier": LOGIN, "password": PASSWORD})
    connection.request("POST", "/api/v1/auth/login", body, {"Host": host, "Content-Type": "application/json"})
    answer = connection.getresponse()
    return str(orjson.loads(answer.read())["token"])


def _cookie(port: int, host: str) -> str:
    """Sign in as a browser does and keep its cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/login", headers={"Host": host})
    answer = connection.getresponse()
    page, jar = answer.read().decode(), _cookies(answer)
    secret = re.search(r'name="csrf_token" value="([^"]+)"', page)
    form = urlencode(
        {"identifier": LOGIN, "password": PASSWORD, "csrf_token": secret.group(1) if secret else ""}
    )
    headers = {"Host": host, "Cookie": _jar(jar), "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", form, headers)
    answer = connection.getresponse()
    answer.read()
    return _jar(jar | _cookies(answer))


def _cookies(answer: http.client.HTTPResponse) -> dict[str, str]:
    pairs = (line.partition(";")[0].partition("=") for line in answer.headers.get_all("Set-Cookie", []))
    return {name: value for name, _, value in pairs}


def _jar(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
