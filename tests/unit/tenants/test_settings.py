"""Settings: typed, declared once, and a mistake is named."""

from pathlib import Path

import pytest

from tenants.settings import DECLARED, SettingsError, load_settings


def test_defaults() -> None:
    settings = load_settings({})
    assert (settings.mode, settings.port, settings.stream_port) == ("demo", 8000, 8001)
    assert settings.master_key_file == Path("./var/master.key").absolute()
    assert settings.admin_database_url is None


def test_values() -> None:
    settings = load_settings(
        {"ANJU_PORT": "9000", "ANJU_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2", "ANJU_MODE": "production"}
    )
    assert (settings.port, settings.stream_port, settings.demo) == (9000, 9001, False)
    assert settings.trusted_proxies == ("10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ANJU_DATABSE_URL", "x", "unknown setting ANJU_DATABSE_URL; did you mean ANJU_DATABASE_URL?"),
        ("ANJU_QQQ", "x", "unknown setting ANJU_QQQ"),
        ("ANJU_PORT", "eighty", "ANJU_PORT: 'eighty' is no int"),
        ("ANJU_MODE", "dev", "ANJU_MODE must be one of demo, production, not 'dev'"),
        ("ANJU_REDIS_URL", "hunter2", "ANJU_REDIS_URL: its value is no url"),
    ],
)
def test_a_mistake_is_named(variable: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({variable: value})
    assert str(caught.value) == message


def test_every_setting_says_what_it_is() -> None:
    assert [declared.name for declared in DECLARED if len(declared.help) < 10] == []
    assert {declared.name for declared in DECLARED if declared.secret} == {
        "database_url",
        "admin_database_url",
        "redis_url",
        "smtp_url",
        "sentry_dsn",
        "metrics_token",
    }
