"""`anju up`: all processes of Anju on this machine under one supervisor."""

from __future__ import annotations

import http.client
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import redis

from ops.demo.logins import LOGINS, PASSWORD, SLUG
from ops.embedded.postgres import EmbeddedPostgres, folder_below
from ops.embedded.process import StartError, free_port, last_words, port_is_free, write_private
from ops.embedded.valkey import EmbeddedValkey
from ops.instance import Instance
from ops.supervisor import Program, Stopped, Supervisor
from tenants.bootstrap import ADMIN_ROLE, APP_ROLE, bootstrap_cluster
from tenants.metrics import MULTIPROCESS_FOLDER, empty_shared_folder
from tenants.settings import Settings, load_settings

DATABASE = "anju"
THREADS = 8
STREAM_CONNECTIONS = 2000
PATIENCE = 60.0


class Launch:
    """One start of everything; `environ` is what the caller set."""

    def __init__(self, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.given = {name: value for name, value in environ.items() if value}
        self.settings = load_settings(self.given)
        self.home = self.settings.home
        self.logs = self.home / "log"
        self.say = say
        self.instance = Instance(self.home)
        self.supervisor = Supervisor(self.logs, self.home / "run" / "children.json", say)
        self.addresses: dict[str, str] = {}

    def run(self) -> None:
        """Start, watch until a stop signal, stop."""
        self.instance.enter()
        self.supervisor.take_signals()
        try:
            self.supervisor.settle_earlier_run()
            empty_shared_folder(self.home / "metrics")
            self._refuse_busy_ports()
            self._start_servers()
            self._migrate()
            self._start_web()
            self._start_others()
            for line in greeting(self.settings):
                self.say(line)
            self.supervisor.run()
            self.say("stopping")
        except Stopped:
            self.say("stopping")
        finally:
            self.supervisor.stop()
            self.instance.leave()

    def _refuse_busy_ports(self) -> None:
        for name, port in (
            ("ANJU_PORT", self.settings.port),
            ("ANJU_STREAM_PORT", self.settings.stream_port),
        ):
            if not port_is_free(port, self.settings.host):
                raise StartError(f"port {port} of {self.settings.host} is busy; choose another with {name}")

    def _start_servers(self) -> None:
        postgres = None if "ANJU_DATABASE_URL" in self.given else EmbeddedPostgres(folder_below(self.home))
        valkey = None if "ANJU_REDIS_URL" in self.given else EmbeddedValkey(self.home / "valkey")
        if valkey:
            self._keep("valkey", valkey)
        if postgres:
            self._keep("postgres", postgres)
        if valkey:
            valkey.wait_ready(self._lives("valkey"))
            self.addresses["ANJU_REDIS_URL"] = valkey.url()
        else:
            check_redis(self.settings.redis_url)
        if postgres:
            postgres.wait_ready(self._lives("postgres"))
            self._bootstrap(postgres)
        else:
            self._check_given_database()
        if self.settings.demo and not self.settings.smtp_url:
            self.addresses["ANJU_SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
        self.instance.publish(self.addresses)

    def _keep(self, name: str, server: EmbeddedPostgres | EmbeddedValkey) -> None:
        user = server.identity.user if isinstance(server, EmbeddedPostgres) else None
        self.supervisor.start(
            Program(
                name,
                server.prepare,
                env=dict(os.environ),
                cwd=server.folder,
                user=user,
                stop_signal=server.stop_signal,
                patience=30,
                server=True,
            )
        )

    def _lives(self, name: str) -> Callable[[], bool]:
        def lives() -> bool:
            self.supervisor.check()
            return self.supervisor.alive(name)

        return lives

    def _bootstrap(self, postgres: EmbeddedPostgres) -> None:
        passwords = [_password(postgres.folder / f"{role}.password") for role in (APP_ROLE, ADMIN_ROLE)]
        bootstrap_cluster(postgres.url(), passwords[0], passwords[1], database=DATABASE)
        for variable, role, password in (
            ("ANJU_DATABASE_URL", APP_ROLE, passwords[0]),
            ("ANJU_ADMIN_DATABASE_URL", ADMIN_ROLE, passwords[1]),
        ):
            self.addresses[variable] = f"postgresql://{role}:{password}@127.0.0.1:{postgres.port}/{DATABASE}"

    def _check_given_database(self) -> None:
        if "ANJU_ADMIN_DATABASE_URL" not in self.given:
            raise StartError("ANJU_DATABASE_URL is set, so ANJU_ADMIN_DATABASE_URL must be, too")
        for variable in ("ANJU_DATABASE_URL", "ANJU_ADMIN_DATABASE_URL"):
            check_database(variable, self.given[variable])

    def _environment(self, *, admin: bool) -> dict[str, str]:
        merged = {**self.given, **self.addresses, "ANJU_HOME": str(self.home), "PYTHONUNBUFFERED": "1"}
        merged[MULTIPROCESS_FOLDER] = str(self.home / "metrics")
        if not admin:
            merged.pop("ANJU_ADMIN_DATABASE_URL", None)
        return merged

    def _python(self, name: str, *arguments: str, admin: bool, once: bool = False) -> Program:
        command = [sys.executable, "-m", *arguments]
        return Program(name, lambda: command, env=self._environment(admin=admin), once=once)

    def _migrate(self) -> None:
        if self.supervisor.run_once(self._python("migrate", "ops.cli", "migrate", admin=True)):
            raise StartError(f"migrations failed: {last_words(self.logs / 'migrate.log')}")

    def _gunicorn(self, name: str, module: str, port: int, *arguments: str) -> Program:
        shared = [
            "--logger-class",
            "ops.server_log.ServerLog",
            "--no-control-socket",
            "--timeout",
            "60",
            "--graceful-timeout",
            "8",
        ]
        if Path("/dev/shm").is_dir():
            shared += ["--worker-tmp-dir", "/dev/shm"]
        bind = f"{self.settings.host}:{port}"
        return self._python(
            name, "gunicorn", f"ops.{module}:app", "--bind", bind, *shared, *arguments, admin=False
        )

    def _start_web(self) -> None:
        """The first page comes first: on a small machine the others would take the processor from it."""
        settings = self.settings
        workers = str(settings.web_workers)
        options = ["--worker-class", "gthread", "--workers", workers, "--threads", str(THREADS)]
        self.supervisor.start(self._gunicorn("web", "wsgi", settings.port, *options))
        deadline = time.monotonic() + PATIENCE
        while not answers(settings):
            self.supervisor.check()
            if not self.supervisor.alive("web") or time.monotonic() > deadline:
                raise StartError(f"the web process does not start: {last_words(self.logs / 'web.log')}")
            time.sleep(0.1)

    def _start_others(self) -> None:
        start, settings = self.supervisor.start, self.settings
        connections = str(STREAM_CONNECTIONS)
        options = ["--worker-class", "gevent", "--workers", "1", "--worker-connections", connections]
        start(self._gunicorn("stream", "stream", settings.stream_port, *options))
        if "ANJU_SMTP_URL" in self.addresses:
            start(self._python("mailbox", "ops.mailbox", admin=False))
        start(self._python("worker", "ops.worker", admin=True))
        start(self._python("scheduler", "ops.scheduler", admin=True))
        if settings.demo:
            start(self._python("demo-data", "ops.demo", admin=True, once=True))


def answers(settings: Settings) -> bool:
    """Whether the web process answers on its health path."""
    connection = http.client.HTTPConnection(_loopback(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": settings.base_domain})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def greeting(settings: Settings) -> list[str]:
    """What a person needs to know after a start."""
    base = settings.public_url or f"http://{settings.base_domain}:{settings.port}"
    lines = [
        f"Anju runs at {base}/ ({settings.mode} mode; data and logs in {settings.home}; Ctrl-C stops it)"
    ]
    if settings.demo:
        lines.append(
            f"The demo firm 锦绣物业: http://{SLUG}.{settings.base_domain}:{settings.port}/ — sign in as"
        )
        lines += [f"  {login.login}  {PASSWORD}  {login.title}" for login in LOGINS]
    return lines


def check_database(variable: str, url: str) -> None:
    """Raise StartError in one line when the database cannot be reached; the line holds no password."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise StartError(f"{variable}: cannot connect: {reason}") from None


def check_redis(url: str) -> None:
    """Raise StartError in one line when Redis cannot be reached."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        raise StartError(f"ANJU_REDIS_URL: cannot connect: {error}") from None


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


def _loopback(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
