"""What an operator's machine has before the first command: a key, a fleet file, secrets in their age file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from momentum.adapters.secrets import make_identity, set_secret
from momentum.fleet.template import default_fleet_text
from tests.standins.ovh.server import APPLICATION_KEY, APPLICATION_SECRET, CONSUMER_KEY

SECRETS = {
    "ovh_application_key": APPLICATION_KEY,
    "ovh_application_secret": APPLICATION_SECRET,
    "ovh_consumer_key": CONSUMER_KEY,
    "s3_access_key": "canary-access-41c7",
    "s3_secret_key": "canary-secret-9e02",
    "k3s_token": "canary-token-d35b",
}


def prepared(folder: Path, key: Path) -> str:
    """The bucket that the fleet file names; `key` is a private key, its public one beside it."""
    ssh, age = folder / "user" / ".ssh", folder / "user" / "age.txt"
    ssh.mkdir(parents=True, mode=0o700)
    for suffix in ("", ".pub"):
        shutil.copy(key.with_suffix(suffix), ssh / f"id_ed25519{suffix}")
    bucket = f"backups-{os.urandom(4).hex()}"  # moto keeps what one process ever put there
    text = default_fleet_text(key.with_suffix(".pub").read_text(), "coach.test")
    assert "bucket: momentum-backups" in text
    (folder / "fleet.yaml").write_text(text.replace("bucket: momentum-backups", f"bucket: {bucket}"))
    make_identity(age)
    for name, value in SECRETS.items():
        set_secret(folder / "infra" / "secrets.age", age, name, value)
    return bucket


def environment(folder: Path, *, provider: str, store: str, releases: str) -> dict[str, str]:
    """For `tests.infra_command`; the last three are URLs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOMENTUM", "SSH_"))}
    return kept | {
        "HOME": str(folder / "user"),
        "MOMENTUM_PROFILE": "production",
        "MOMENTUM_HOME": str(folder / "home"),
        "MOMENTUM_INFRA": str(folder / "infra"),
        "MOMENTUM_FLEET": str(folder / "fleet.yaml"),
        "MOMENTUM_AGE_IDENTITY": str(folder / "user" / "age.txt"),
        "MOMENTUM_OVH_URL": provider,
        "MOMENTUM_S3_URL": store,
        "MOMENTUM_TEST_RELEASES": releases,
    }
