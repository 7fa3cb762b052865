"""Production starts on nothing that pretends, and says all that is missing at once."""

import pytest

from scaicontrol.assembly import effective
from scaicontrol.core.settings import Environment, Settings

COMPLETE = {
    "scaicontrol_env": "production",
    "database_url": "mysql+asyncmy://app@db/scaicontrol",
    "scaikey_issuer": "https://scaikey.example/tenants/t",
    "scaikey_client_secret": "a secret",
    "secret_key": "another secret",
    "scaisend_api_key": "sg_live_0",
    "scaisend_from_email": "billing@example.com",
    "s3_bucket": "documents",
}


def production(**changed: object) -> Settings:
    return Settings(_env_file=None, **{**COMPLETE, **changed})  # type: ignore[arg-type]  # as the environment gives them


def test_a_complete_production_installation_starts():
    assert production().checked().scaicontrol_env is Environment.production


def test_everything_that_is_missing_is_said_at_once():
    with pytest.raises(SystemExit) as refused:
        Settings(_env_file=None, scaicontrol_env=Environment.production).checked()
    said = str(refused.value)
    assert all(name in said for name in ("DATABASE_URL", "SCAIKEY_ISSUER", "SECRET_KEY_VAULT_PATH", "S3_BUCKET"))


@pytest.mark.parametrize("name", ["scaikey_issuer", "scaivault_url", "scaisend_url", "vies_url"])
def test_production_refuses_every_stand_in(name: str):
    with pytest.raises(SystemExit, match=f"{name.upper()} points at a development stand-in"):
        production(**{name: "http://localhost:8000/_dev/something"}).checked()


def test_production_refuses_sqlite_and_private_webhook_targets():
    with pytest.raises(SystemExit, match=r"(?s)SQLite.*WEBHOOK_ALLOW_PRIVATE"):
        production(database_url="sqlite+aiosqlite:///x.db", webhook_allow_private=True).checked()


def test_a_development_installation_points_at_its_own_stand_ins():
    settings = effective(Settings(_env_file=None, scaicontrol_env=Environment.development))
    assert settings.scaikey_issuer == "http://localhost:8000/_dev/scaikey"
    assert settings.scaivault_url.startswith("http://localhost:8000/_dev/")


def test_what_a_development_installation_was_told_is_kept():
    told = Settings(_env_file=None, scaicontrol_env=Environment.development, vies_url="https://vies.example")
    assert effective(told).vies_url == "https://vies.example"


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCAIKEY_AUDIENCE", "one, two")
    assert Settings(_env_file=None).audiences == ("one", "two")
