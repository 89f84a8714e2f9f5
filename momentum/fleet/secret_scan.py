"""Secrets written into the fleet file, found in its text, comments included; what was found is never repeated.

The file lives in git. OVH's keys, S3's keys, K3s's token and unseal keys live in one encrypted file outside of it,
WireGuard's private keys are born on their host. Public SSH keys are public: they are left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_KINDS = (
    ("a private key of age", re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{8,}")),
    ("an access key of S3", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a token of K3s", re.compile(r"\bK10[0-9a-f]{20,}::\S+")),
    ("a token", re.compile(r"\b(ghp_|gho_|ghs_|github_pat_|glpat-|xox[abpr]-|hvs\.|sk-|sk_live_|dop_v1_)\w[\w-]{11,}")),
    ("a signed token (JWT)", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    ("a password inside an address", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@")),
    ("a key of WireGuard", re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{43}=(?![\w=])")),
)
_SECRET_NAME = re.compile(
    r"(?i)(?:^|[\s{,\"'#-])((?:[\w-]*?)(?:password|passwd|passphrase|secret|token|private[_-]?key|api[_-]?key|"
    r"access[_-]?key|application[_-]?key|consumer[_-]?key|unseal[_-]?key|credentials?)[\w-]*)[\"']?\s*[:=]\s*"
    r"(?![~\"'\s|>]*$|null\b)\S"
)
_PUBLIC = re.compile(
    r"(?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+\s+AAAA[A-Za-z0-9+/=]+"
    r"|v=DKIM1\S*.*?p=[A-Za-z0-9+/=]+|[\w-]*site-verification=[\w-]+"
)
_RUN = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """The line (from 1) and the kind of everything that looks like a secret; one a line."""
    inside_key = False
    for number, line in enumerate(text.splitlines(), 1):
        if inside_key:
            inside_key = not _END.search(line)
            continue
        kind = _kind(_PUBLIC.sub("", line))
        if kind:
            yield number, kind
        inside_key = bool(_BEGIN.search(line)) and not _END.search(line)


def _kind(line: str) -> str | None:
    if _BEGIN.search(line):
        return "a private key"
    for kind, pattern in _KINDS:
        if pattern.search(line):
            return kind
    named = _SECRET_NAME.search(line)
    # In a comment a colon is mostly prose: there, only one word after it counts as a value.
    if named and not (line.lstrip().startswith("#") and " " in line[named.end() :].strip()):
        return f"a secret (its key is called {named[1]})"
    if any(_random(run) for run in _RUN.findall(line)):
        return "a key or token (it looks random)"
    return None


def _random(run: str) -> bool:
    """Whether a run of letters and digits looks drawn rather than written.

    Words have one case and their digits at the end. OVH's application key is 16 characters, its secret 32, S3's
    secret 40.
    """
    if any(map(str.islower, run)) and any(map(str.isupper, run)) and any(map(str.isdigit, run)):
        return _entropy_bits(run) >= 3.3
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(run))
    return changes >= 4 and "/" not in run and _entropy_bits(run) >= 2.7


def _entropy_bits(run: str) -> float:
    """Shannon's entropy of the characters, in bits a character."""
    return -sum(n / len(run) * math.log2(n / len(run)) for n in Counter(run).values())
