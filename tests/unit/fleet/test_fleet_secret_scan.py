"""A secret in the fleet file is refused with its line, and never repeated."""

from __future__ import annotations

import base64
import random
import string

import pytest

from momentum.fleet.secret_scan import secrets_in
from momentum.fleet.template import default_fleet_text
from tests.fleet_files import changed, line_with, problems_of

_drawn = random.Random(5)


def _of(alphabet: str, length: int) -> str:
    return "".join(_drawn.choice(alphabet) for _ in range(length))


HEX, MIXED = "0123456789abcdef", string.ascii_letters + string.digits
SECRETS = {
    "OVH application key": _of(HEX, 8) + "7c" + "3f9a1b",
    "OVH application secret": _of(HEX, 32),
    "OVH consumer key, old": _of(MIXED, 32),
    "S3 access key": "AKIA" + _of(string.ascii_uppercase + string.digits, 16),
    "S3 secret key": _of(MIXED, 20) + "/" + _of(MIXED, 19),
    "K3s token": "K10" + _of(HEX, 64) + "::server:" + _of(HEX, 32),
    "WireGuard key": base64.b64encode(_drawn.randbytes(32)).decode(),
    "age key": "AGE-SECRET-KEY-1" + _of(string.ascii_uppercase + string.digits, 58),
    "GitHub token": "ghp_" + _of(MIXED, 36),
    "Vault token": "hvs." + _of(MIXED, 24),
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + _of(MIXED, 22),
    "password in a URL": "https://operator:hunter2@s3.example.org/x",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))
@pytest.mark.parametrize("place", ["value", "comment", "unknown key", "label", "key", "lines below its key"])
def test_a_secret_is_found_wherever_it_stands_and_is_not_repeated(secret: str, place: str) -> None:
    old, new = {
        "value": ("note: about 100 GB of backups; an", f"note: {secret} an"),
        "comment": ("# All servers in one place", f"# {secret} All servers in one place"),
        "unknown key": ("  folder: momentum", f"  folder: momentum\n  thing: {secret}"),
        "key": ("  folder: momentum", f"  folder: momentum\n  {secret}: thing"),
        "lines below its key": ("  image: Debian 12", f"  image: >\n\n    {secret}!"),
        "label": ("    labels:\n      role: ingress", f"    labels:\n      role: {secret}"),
    }[place]
    text = changed((old, new))
    told = [p for p in problems_of(text) if "kept in git" in p.message]
    assert [problem.line for problem in told] == [line_with(text, secret)]
    assert not any(secret in str(problem) for problem in problems_of(text))


@pytest.mark.parametrize(
    "line",
    ["password: hunter2", "  application_secret: x1", "s3-secret-key: abc", "token: 'abc'", "unseal_key: 12"],
)
def test_a_value_of_a_key_that_is_called_a_secret_is_one(line: str) -> None:
    assert len(list(secrets_in(line))) == 1


def test_what_stands_in_the_line_of_a_secret_is_not_repeated() -> None:
    text = changed(("  port: 51820", "  port: hunter2 # password: hunter2"))
    told = problems_of(text)
    assert [problem.key for problem in told] == ["mesh.port", "mesh.port"]
    assert not any("hunter2" in str(problem) for problem in told)


def test_a_private_key_is_told_once_at_its_first_line() -> None:
    body = "\n".join("  " + _of(MIXED, 64) for _ in range(5))
    for kind in ("", "RSA ", "OPENSSH ", "EC "):
        text = f"a: |\n  -----BEGIN {kind}PRIVATE KEY-----\n{body}\n  -----END {kind}PRIVATE KEY-----\nb: 1\n"
        assert list(secrets_in(text)) == [(2, "a private key")]


@pytest.mark.parametrize(
    "line",
    [
        "public_key: ssh-ed25519 AAAA" + base64.b64encode(_drawn.randbytes(51)).decode() + " me@laptop",
        "public_key: ssh-rsa AAAA" + base64.b64encode(_drawn.randbytes(279)).decode(),
        "public_key: sk-ssh-ed25519@openssh.com AAAA" + base64.b64encode(_drawn.randbytes(60)).decode(),
        "value: v=DKIM1; k=rsa; p=" + base64.b64encode(_drawn.randbytes(160)).decode(),
        "value: google-site-verification=" + _of(MIXED + "-_", 43),
        "plan: vps-2027-model3",
        "version: v1.36.3+k3s1",
        "# K3s's token: kept off the cluster, a restore needs it",
        "endpoint: s3.gra.io.cloud.ovh.net",
        "bucket: momentumcoachbackups2026",
        "folder: momentum/etcd-snapshots/production/2026",
        "token:",
        "note: https://www.ovhcloud.com/en/vps/configurator/?planCode=vps-2027-model3",
    ],
)
def test_what_is_public_or_plain_is_no_secret(line: str) -> None:
    assert list(secrets_in(line)) == []


def test_the_default_file_holds_none() -> None:
    assert list(secrets_in(default_fleet_text())) == []


def test_nine_of_ten_drawn_keys_are_found_by_their_looks_alone() -> None:
    for length, alphabet in ((16, HEX), (16, MIXED), (32, HEX), (32, MIXED), (40, MIXED)):
        found = sum(1 for _ in range(500) if any(secrets_in("note: " + _of(alphabet, length))))
        assert found >= 450, (length, alphabet, found)
