"""Errors as the API answers them: a status and JSON with message, errorCode, httpCode and class."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


class Refusal(Exception):
    def __init__(self, status: int, message: str, error_code: str = "", kind: str = "Client") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_code = error_code
        self.kind = kind
        self.headers: dict[str, str] = {}

    def answer(self) -> dict[str, Any]:
        phrase = {460: "Expired"}.get(self.status) or HTTPStatus(self.status).phrase
        body = {"message": self.message, "httpCode": f"{self.status} {phrase}", "class": self.kind}
        return body | ({"errorCode": self.error_code} if self.error_code else {})


def not_found(what: str) -> Refusal:
    return Refusal(404, f"The requested object ({what}) does not exist", kind="Client::NotFound")


def bad(message: str) -> Refusal:
    return Refusal(400, message, kind="Client::BadRequest")


def conflict(message: str) -> Refusal:
    return Refusal(409, message, kind="Client::Conflict")
