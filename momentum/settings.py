"""Typed settings from the environment; a prefix of MOMENTUM_ on every name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things live. Nothing is opened by making one."""

    model_config = SettingsConfigDict(env_prefix="MOMENTUM_", extra="ignore")

    profile: Literal["local", "production"] = "local"
    home: Path = Field(default=Path(".momentum"), description="folder of the store")
    clickhouse_dsn: SecretStr | None = Field(
        default=None, description="http(s)://user:password@host:port/database; unset: the embedded store"
    )
    lock_timeout_s: float = Field(default=60.0, description="how long a command waits for the store")
    # The night's run shall not fail because a long recompute is at work; Dagster queues what comes after it.
    run_lock_timeout_s: float = Field(default=1800.0, description="how long a run of the graph waits for it")
    fleet: Path = Field(
        default=Path("deploy/fleet.yaml"), description="the file that says which servers there shall be"
    )
    infra: Path | None = Field(
        default=None, description="folder of the operator's journal, state and secrets; unset: infra in the home"
    )
    age_identity: Path | None = Field(default=None, description="file with the age identity that opens the secrets")
    ovh_url: str | None = Field(default=None, description="the provider's API, if not at the fleet file's endpoint")
    s3_url: str | None = Field(default=None, description="the object store, if not at the fleet file's endpoint")
    kubeconfig: Path | None = Field(
        default=None, description="how the cluster is reached; unset: as a pod in it, or as the fleet file says"
    )

    @property
    def store_dir(self) -> Path:
        return self.home / "store"

    @property
    def archive_dir(self) -> Path:
        return self.home / "raw"

    @property
    def inbox_dir(self) -> Path:
        return self.home / "inbox"

    @property
    def doorbell_path(self) -> Path:
        return self.home / "doorbell.json"

    @property
    def infra_dir(self) -> Path:
        return self.infra or self.home / "infra"

    @property
    def secrets_path(self) -> Path:
        return self.infra_dir / "secrets.age"

    @property
    def infra_journal_path(self) -> Path:
        return self.infra_dir / "journal.sqlite"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"
