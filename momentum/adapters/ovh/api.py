"""One call after the other: within the budget, repeated only where repeating changes nothing twice."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from momentum.adapters.ovh.call_budget import CallBudget
from momentum.adapters.ovh.errors import ApiError, NotReached, OutcomeUnknown

if TYPE_CHECKING:
    import ovh

ATTEMPTS = 6
LONGEST_WAIT_S = 120.0
"""A Retry-After above this is told instead of waited for."""

_NOT_JSON = object()


class OvhApi:
    """The API behind limits and retries.

    `new_client` makes a python-ovh client; a new one reads the API's clock anew (`GET /auth/time`), which is done
    once when a call is refused for its time. `sleep` and `now` are for callers too, who wait for what the API does and
    date what they remember. `secrets` are masked in every message.

    Raises `ApiError` (refused, nothing changed), `NotReached` (nothing changed), `OutcomeUnknown` (a mutating call
    was sent and its answer lost).
    """

    def __init__(
        self,
        new_client: Callable[[], ovh.Client],
        *,
        budget: CallBudget,
        sleep: Callable[[float], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._new_client = new_client
        self._client: ovh.Client | None = None
        self._budget = budget
        self.sleep = sleep
        self.now = now
        self._secrets = tuple(secret for secret in secrets if secret)
        self.calls = 0
        """How many requests were sent, retries and readings of the clock included."""

    def get(self, path: str, **query: Any) -> Any:
        asked = {key: value for key, value in query.items() if value is not None}
        return self._call("GET", f"{path}?{urlencode(asked)}" if asked else path, None)

    def post(self, path: str, **body: Any) -> Any:
        return self._call("POST", path, body or None)

    def put(self, path: str, **body: Any) -> Any:
        return self._call("PUT", path, body or None)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, None)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        call = f"{method} {path}"
        reads = method == "GET"
        clock_read_again = False
        attempt = 0
        while True:
            attempt += 1
            client = self._connected()
            try:
                response = self._sent(client, method, path, body)
            except _Lost as lost:
                if lost.was_sent and not reads:
                    raise OutcomeUnknown(call, lost.reason) from None
                if attempt >= ATTEMPTS:
                    raise NotReached(call, lost.reason) from None
                self.sleep(_backoff_s(attempt))
                continue
            answer = _decoded(response)
            if response.status_code < 300 and answer is not _NOT_JSON:
                return answer
            error = self._error(call, response, answer)
            if _out_of_time(error) and not clock_read_again:
                clock_read_again = True
                self._client = None
                continue
            if not reads and (response.status_code >= 500 or response.status_code < 300):
                raise OutcomeUnknown(call, f"status {response.status_code}: {error.message}")
            wait_s = _wait_s(response, attempt) if _passes(response.status_code) else None
            if wait_s is None or wait_s > LONGEST_WAIT_S or attempt >= ATTEMPTS:
                raise error
            self.sleep(wait_s)

    def _connected(self) -> ovh.Client:
        """The client, its clock's difference read; reading it is a call like any other."""
        from ovh.exceptions import APIError

        for attempt in range(1, ATTEMPTS + 1):
            if self._client is not None:
                return self._client
            client = self._new_client()
            self._budget.take()
            self.calls += 1
            try:
                _ = client.time_delta
            except (APIError, TypeError, AttributeError) as error:
                if attempt == ATTEMPTS:
                    raise NotReached("GET /auth/time", self._masked(_of_client(error))) from None
                self.sleep(_backoff_s(attempt))
            else:
                self._client = client
        assert self._client is not None
        return self._client

    def _sent(self, client: ovh.Client, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        import requests

        self._budget.take()
        self.calls += 1
        try:
            return client.raw_call(method, path, data=dict(body) if body is not None else None)
        except requests.exceptions.RequestException as error:
            raise _Lost(_never_left(error), self._masked(_in_words(error))) from None

    def _error(self, call: str, response: Any, answer: Any) -> ApiError:
        told = answer if isinstance(answer, dict) else {}
        message = str(told.get("message") or HTTPStatus(response.status_code).phrase)
        return ApiError(
            response.status_code, str(told.get("errorCode") or ""), self._masked(message), call=self._masked(call)
        )

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class _Lost(Exception):
    def __init__(self, never_left: bool, reason: str) -> None:
        super().__init__(reason)
        self.was_sent = not never_left
        self.reason = reason


def segment(value: object) -> str:
    """A value as one segment of a path."""
    return quote(str(value), safe="")


def _never_left(error: Exception) -> bool:
    """True where no byte of the request can have reached the API: the connection was never made."""
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _of_client(error: Exception) -> str:
    """python-ovh puts what ended a connection beside its own words."""
    import requests

    ended = (one for one in error.args if isinstance(one, requests.exceptions.RequestException))
    return next((_in_words(one) for one in ended), str(error))


def _in_words(error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if _never_left(error):
        return "no connection"
    return "the connection ended before the answer"


def _decoded(response: Any) -> Any:
    if response.status_code == HTTPStatus.NO_CONTENT:
        return None
    try:
        return response.json()
    except ValueError:
        return _NOT_JSON


def _out_of_time(error: ApiError) -> bool:
    return error.error_code == "QUERY_TIME_OUT" or "out of time" in error.message.lower()


def _passes(status: int) -> bool:
    """Whether waiting may help: too many calls, a fault of the server, or an answer of 2xx that is no JSON."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500 or status < 300


def _backoff_s(attempt: int) -> float:
    return float(min(2 ** (attempt - 1), 30))


def _wait_s(response: Any, attempt: int) -> float:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3); without it twice as long each time.

    Without the header a 429 still means a window of a minute, so it waits longer from the start.
    """
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdigit():
        return max(float(asked), 1.0)
    date = email.utils.parsedate_to_datetime(asked) if _is_date(asked) else None
    if date is not None:
        return max((date - datetime.now(UTC)).total_seconds(), 1.0)
    calm = 4 if response.status_code == HTTPStatus.TOO_MANY_REQUESTS else 1
    return calm * _backoff_s(attempt)


def _is_date(text: str) -> bool:
    return email.utils.parsedate_tz(text) is not None
