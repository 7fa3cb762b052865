"""Configuration from the environment, under the names of contract §31; every problem is reported at once."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from . import mail_addresses

KNOWN_SERVICES = (
    "scaikey", "scaivault", "scaisend", "scaigrid", "scaiflow", "scaiwave", "scaidrive", "scaidns", "scaicms",
    "scaicrm",
)  # fmt: skip

MailAddressOrNone = Annotated[str, AfterValidator(lambda value: mail_addresses.normalized(value) if value else "")]
Names = Annotated[tuple[str, ...], NoDecode]  # given as a comma-separated list


class Environment(StrEnum):
    development = "development"
    production = "production"


@dataclass(frozen=True, slots=True)
class ToldSetting:
    """A setting as operators may see it, and whether the environment has set it or what is built in holds."""

    name: str
    value: str
    is_set: bool


class Settings(BaseSettings):
    """What this installation was told; read-only after start-up."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    scaicontrol_env: Environment = Environment.production
    public_base_url: str = "http://localhost:8000"
    cors_origins: Names = ()
    trusted_proxies: Names = ()

    database_url: str = ""
    db_writer_url: str = ""
    db_pool_size: int = Field(default=10, ge=1)
    db_max_overflow: int = Field(default=10, ge=0)
    db_retry_attempts: int = Field(default=5, ge=1)

    redis_url: str = ""
    embedded_worker: bool | None = None
    worker_concurrency: int = Field(default=10, ge=1)

    s3_endpoint: str = ""
    s3_bucket: str = ""
    s3_region: str = "eu-west-1"
    s3_access_key_vault_path: str = ""
    s3_secret_key_vault_path: str = ""
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    storage_dir: Path = Path("var/storage")

    scaikey_issuer: str = ""
    scaikey_client_id: str = "scaicontrol"
    scaikey_client_secret: SecretStr = SecretStr("")
    scaikey_client_secret_vault_path: str = ""
    scaikey_app_id: str = ""
    scaikey_accepted_issuers: Names = ()
    scaikey_audience: Names = ()
    scaikey_require_audience_service: bool = True
    scaikey_jwks_cache_ttl: int = 3600
    scaikey_discovery_url: str = ""
    scaikey_jwks_url: str = ""
    scaikey_authorize_url: str = ""
    scaikey_token_url: str = ""
    scaikey_logout_url: str = ""
    scaikey_admin_url: str = ""
    scaikey_people_url: str = ""
    scaikey_timeout: float = Field(default=5, gt=0)
    scaikey_sync_interval_minutes: int = Field(default=60, ge=1)

    scaivault_url: str = "https://scaivault.scailabs.ai/v1"
    scaivault_timeout: float = Field(default=5, gt=0)
    scaivault_cache_ttl: int = 300

    scaisend_url: str = "https://scaisend.scailabs.ai"
    scaisend_api_key_vault_path: str = ""
    scaisend_api_key: SecretStr = SecretStr("")
    scaisend_from_email: MailAddressOrNone = ""
    scaisend_from_name: str = "ScaiControl"
    scaisend_sandbox: bool = False

    vies_url: str = "https://ec.europa.eu/taxation_customs/vies/rest-api"
    vies_timeout: float = Field(default=10, gt=0)

    operator_partner_id: str = ""
    operator_legal_name: str = ""
    operator_address_line1: str = ""
    operator_address_line2: str = ""
    operator_postal_code: str = ""
    operator_city: str = ""
    operator_country_code: str = ""
    operator_vat_number: str = ""
    operator_registration_number: str = ""
    operator_email: MailAddressOrNone = ""
    operator_phone: str = ""
    operator_iban: str = ""
    operator_bic: str = ""

    registry_heartbeat_monitor_interval: int = Field(default=60, ge=1)
    registry_heartbeat_grace_multiplier: int = 3
    registry_heartbeat_degraded_threshold: int = 3
    registry_heartbeat_unreachable_threshold: int = 10
    registry_auto_approve_slugs: Names = KNOWN_SERVICES

    webhook_tick_seconds: int = Field(default=30, ge=1)
    webhook_fanout_batch: int = 50
    webhook_delivery_batch: int = 200
    webhook_timeout_seconds: float = Field(default=10, gt=0)
    webhook_auto_disable_days: int = 5
    webhook_allow_private: bool = False

    provisioning_call_timeout: float = Field(default=30, gt=0)
    provisioning_callback_timeout: int = Field(default=900, gt=0)
    provisioning_poll_interval: int = 15
    provisioning_poll_timeout: int = Field(default=1800, gt=0)
    provisioning_rollback_delay: int = 900

    metering_max_batch: int = 1000
    metering_max_age_days: int = 35
    usage_close_delay_hours: int = 6
    quota_thresholds: Names = ("80", "100")

    idempotency_ttl_hours: int = 24
    secret_key: SecretStr = SecretStr("")
    secret_key_vault_path: str = ""

    log_level: str = "INFO"
    log_format: str = "json"
    metrics_enabled: bool = True

    @field_validator(
        "cors_origins", "trusted_proxies", "scaikey_accepted_issuers", "scaikey_audience",
        "registry_auto_approve_slugs", "quota_thresholds", mode="before",
    )  # fmt: skip
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def is_development(self) -> bool:
        return self.scaicontrol_env is Environment.development

    @cached_property
    def effective_database_url(self) -> str:
        return self.database_url or "sqlite+aiosqlite:///var/scaicontrol.db"

    @cached_property
    def audiences(self) -> tuple[str, ...]:
        return self.scaikey_audience or (self.scaikey_client_id,)

    @property
    def runs_worker(self) -> bool:
        return self.embedded_worker if self.embedded_worker is not None else not self.redis_url

    def told(self) -> list[ToldSetting]:
        """List every setting by the name of its variable, without secrets: neither keys nor passwords in addresses."""
        return [
            ToldSetting(name.upper(), _harmless(getattr(self, name)), name in self.model_fields_set)
            for name in type(self).model_fields
        ]

    def problems(self) -> list[str]:
        """List everything that keeps a production installation from starting, in words that name the variable."""
        if self.is_development:
            return []
        needed = {
            "DATABASE_URL": self.database_url,
            "SCAIKEY_ISSUER": self.scaikey_issuer,
            "SCAIKEY_CLIENT_SECRET_VAULT_PATH": self.scaikey_client_secret_vault_path
            or self.scaikey_client_secret.get_secret_value(),
            "SECRET_KEY_VAULT_PATH": self.secret_key_vault_path or self.secret_key.get_secret_value(),
            "SCAISEND_API_KEY_VAULT_PATH": self.scaisend_api_key_vault_path or self.scaisend_api_key.get_secret_value(),
            "SCAISEND_FROM_EMAIL": self.scaisend_from_email,
            "S3_BUCKET": self.s3_bucket,
        }
        problems = [
            f"{name} is not set; production does not start without it." for name, value in needed.items() if not value
        ]
        if self.database_url.startswith("sqlite"):
            problems.append("DATABASE_URL names SQLite; production needs MariaDB (mysql+asyncmy://…).")
        if self.webhook_allow_private:
            problems.append("WEBHOOK_ALLOW_PRIVATE is a development switch; production refuses it.")
        local = [
            name
            for name, value in {
                "SCAIKEY_ISSUER": self.scaikey_issuer,
                "SCAIVAULT_URL": self.scaivault_url,
                "SCAISEND_URL": self.scaisend_url,
                "VIES_URL": self.vies_url,
            }.items()
            if "/_dev/" in value
        ]
        problems += [f"{name} points at a development stand-in; production refuses it." for name in local]
        return problems

    def checked(self) -> Self:
        """Return the settings, or raise with all problems in one message."""
        if problems := self.problems():
            raise SystemExit("ScaiControl cannot start:\n  - " + "\n  - ".join(problems))
        return self


def _harmless(value: object) -> str:
    match value:
        case SecretStr():
            return "set" if value.get_secret_value() else ""
        case tuple():
            return ", ".join(map(str, value))
        case str() if "://" in value:
            parts = urlsplit(value)
            return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
        case None:
            return ""
        case _:
            return str(value)
