"""What the stand-in speaks and OVH's documents do not cover, each with its source.

A test holds this table against what was seen: nothing else may be spoken, and nothing may be listed in vain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Uncovered:
    """`field` of the answers of the calls that match; "*" is the whole call, "error" every answer of 4xx and 5xx."""

    name: str
    call: re.Pattern[str]
    field: str
    source: str


_PYTHON_OVH = "python-ovh 1.2, ovh/client.py"
_ANY = r"[A-Z]+ .*"


def _row(name: str, call: str, field: str, source: str) -> Uncovered:
    return Uncovered(name, re.compile(call), field, source)


UNCOVERED = (
    _row("clock", r"GET /auth/time", "*", f"{_PYTHON_OVH}: time_delta reads an integer, without a signature"),
    _row("stock", r"GET /vps/order/rule/datacenter", "linuxStatus", "OVH's older /vps document, before its OpenAPI"),
)

HEADERS = {
    "X-Ovh-Application": f"{_PYTHON_OVH}: raw_call",
    "X-Ovh-Consumer": f"{_PYTHON_OVH}: raw_call",
    "X-Ovh-Timestamp": f"{_PYTHON_OVH}: raw_call",
    "X-Ovh-Signature": f"{_PYTHON_OVH}: raw_call",
    "Retry-After": "RFC 9110, 10.2.3; that the API sends it is not documented, so it is also left out",
}
"""Headers that are asked for, or answered."""

ERROR_FIELDS = {
    "message": f"{_PYTHON_OVH}: call reads it",
    "errorCode": f"{_PYTHON_OVH}: call reads it",
    "httpCode": "answers quoted in php-ovh issues 62 and 97",
    "class": "answers quoted in OVH users' issues; read by nobody here",
}
"""Fields of every answer of 4xx and 5xx: no document describes one."""

ERROR_CODES = {
    "INVALID_SIGNATURE": "php-ovh issues 62 and 97, status 400",
    "INVALID_KEY": f"{_PYTHON_OVH}: call, status 403",
    "INVALID_CREDENTIAL": f"{_PYTHON_OVH}: call, status 403",
    "NOT_CREDENTIAL": f"{_PYTHON_OVH}: call, status 403",
    "NOT_GRANTED_CALL": f"{_PYTHON_OVH}: call, status 403",
    "QUERY_TIME_OUT": "from memory of users' reports, unverified; the client also goes by the message",
}
