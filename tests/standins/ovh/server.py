"""The protocol: signatures, the limit of calls, faults, and every exchange held against the documents."""

from __future__ import annotations

import email.utils
import hashlib
import json
import math
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from momentum.adapters.ovh import OvhKeys
from tests.standins.ovh import carts, catalogue, machines, orders
from tests.standins.ovh.documents import Documents, documents_folder
from tests.standins.ovh.errors import Refusal
from tests.standins.ovh.faults import Fault, Faults
from tests.standins.ovh.routes import Asked, find
from tests.standins.ovh.world import World

APPLICATION_KEY = "app7f3a91c2"
APPLICATION_SECRET = "secret-5e0d8b1c4a"
CONSUMER_KEY = "consumer-c19d7e66b0"
KEYS = OvhKeys(APPLICATION_KEY, APPLICATION_SECRET, CONSUMER_KEY)

SPEAKS = (catalogue, carts, orders, machines)
"""The modules whose import fills the table of routes."""
TIME_MAY_DIFFER_S = 30
CALLS_A_MINUTE = 60


class OvhServer:
    """`with OvhServer(world) as server:` serves at `server.url`.

    `skew_s` is how far the server's clock is from ours at the next reading of /auth/time; setting it later makes
    signatures out of time until the client reads the clock again. `limited` switches the limit of calls on, by the
    world's clock. Differences from the documents are raised when the server ends (`strict`), and not looked for at
    all with `checked=False`.
    """

    def __init__(
        self, world: World | None = None, *, limited: bool = False, strict: bool = True, checked: bool = True
    ) -> None:
        self.world = world or World()
        self.faults = Faults()
        self.skew_s = 0.0
        self.keep_alive = True
        self.limited = limited
        self.granted: list[tuple[str, str]] | None = None
        self.consumer_keys = {CONSUMER_KEY}
        folder = documents_folder() if checked else None
        self.documents = Documents.read(folder) if folder else None
        self.calls: list[tuple[str, str, int]] = []
        self._strict = strict
        self._recent: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> OvhServer:
        server = self

        class Handler(_Handler):
            ovh = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if self._strict and error is None and self.documents is not None and self.documents.problems:
            raise AssertionError("not as OVH's documents say:\n" + "\n".join(self.documents.problems))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/1.0"

    @property
    def mutating(self) -> Counter[str]:
        """How often each call that changes something was answered with success, numbers left out."""
        return Counter(f"{method} {path}" for method, path, status in self.calls if method != "GET" and status < 300)

    def now(self) -> int:
        """What /auth/time tells: our own time, moved by the skew."""
        return int(time.time() + self.skew_s)

    def answer(
        self, method: str, path: str, query: dict[str, str], body: Any, headers: Any, url: str, raw: str
    ) -> Answered | None:
        """Status, headers and answer of a request as it came; None where its connection is to end without one."""

        def checked(signed: bool) -> None:
            if signed or "X-Ovh-Signature" in headers:
                self._signed(method, url, raw, headers)
                self._granted(method, path)
            self._within_limit(headers)

        return self._exchanged(method, path, query, body, checked)

    def unsigned(self, method: str, path: str, query: dict[str, str], body: Any) -> Answered | None:
        """The same without signature and limit."""
        return self._exchanged(method, path, query, body, lambda _: None)

    def _exchanged(
        self, method: str, path: str, query: dict[str, str], body: Any, check: Callable[[bool], None]
    ) -> Answered | None:
        with self._lock:
            fault = self.faults.of(method, path)
        if fault is not None and fault.kind == "slow":
            time.sleep(fault.seconds)
        with self._lock:
            if fault is not None and fault.kind == "lost before":
                return None
            status, more, answer = self._carried_out(method, path, query, body, check, fault)
            self.calls.append((method, path, status))
            if self.documents is not None and answer is not NO_JSON:
                self.documents.check(method, path, query, body, status, answer)
        return None if fault is not None and fault.kind == "lost after" else (status, more, answer)

    def _carried_out(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any,
        check: Callable[[bool], None],
        fault: Fault | None,
    ) -> Answered:
        try:
            route, parts = find(method, path)
            check(route.signed)
            if fault is not None:
                _strike(fault)
            self.world.deliver()
            if path == "/auth/time":
                return 200, {}, self.now()
            answer = route.handler(Asked(self.world, parts, query, body or {}))
            if fault is not None and fault.changed:
                return _refused(fault)
            if fault is not None and fault.kind == "no JSON":
                return 200, {}, NO_JSON
        except Refusal as refusal:
            return refusal.status, refusal.headers, refusal.answer()
        return 200, {}, answer

    def _signed(self, method: str, url: str, raw: str, headers: Any) -> None:
        if headers.get("X-Ovh-Application") != APPLICATION_KEY:
            raise Refusal(403, "This application key is invalid", "INVALID_KEY", "Client::Forbidden")
        consumer = headers.get("X-Ovh-Consumer")
        if consumer is None:
            raise Refusal(403, "You must login first", "NOT_CREDENTIAL", "Client::Forbidden")
        if consumer not in self.consumer_keys:
            raise Refusal(403, "This credential is not valid", "INVALID_CREDENTIAL", "Client::Forbidden")
        timestamp = headers.get("X-Ovh-Timestamp", "0")
        if abs(int(timestamp) - self.now()) > TIME_MAY_DIFFER_S:
            raise Refusal(400, "Query out of time", "QUERY_TIME_OUT", "Client::BadRequest")
        signed = "+".join([APPLICATION_SECRET, consumer, method, url, raw, timestamp])
        if headers.get("X-Ovh-Signature") != "$1$" + hashlib.sha1(signed.encode()).hexdigest():
            raise Refusal(400, "Invalid signature", "INVALID_SIGNATURE", "Client::BadRequest")

    def _granted(self, method: str, path: str) -> None:
        if self.granted is not None and not any(method == one and path.startswith(at) for one, at in self.granted):
            raise Refusal(403, "This call has not been granted", "NOT_GRANTED_CALL", "Client::Forbidden")

    def _within_limit(self, headers: Any) -> None:
        consumer = headers.get("X-Ovh-Consumer")
        if not self.limited or consumer is None:
            return
        recent = self._recent.setdefault(consumer, deque())
        now = self.world.clock()
        while recent and recent[0] <= now - 60:
            recent.popleft()
        if len(recent) >= CALLS_A_MINUTE:
            raise _too_many(retry_after_s=recent[0] + 60 - now)
        recent.append(now)


NO_JSON = object()
Answered = tuple[int, dict[str, str], Any]


def _too_many(retry_after_s: float | None) -> Refusal:
    refusal = Refusal(429, "Too many requests", kind="Client::TooManyRequests")
    refusal.headers = {} if retry_after_s is None else {"Retry-After": str(math.ceil(retry_after_s))}
    return refusal


def _strike(fault: Fault) -> None:
    """Faults that come before the change."""
    if fault.kind == "429":
        refusal = _too_many(retry_after_s=fault.seconds)
        if fault.as_date:
            refusal.headers["Retry-After"] = email.utils.formatdate(time.time() + fault.seconds, usegmt=True)
        raise refusal
    if fault.kind == "429 without Retry-After":
        raise _too_many(retry_after_s=None)
    if fault.kind == "invalid signature":
        raise Refusal(400, "Invalid signature", "INVALID_SIGNATURE", "Client::BadRequest")
    if fault.kind == "out of time":
        raise Refusal(400, "Query out of time", "QUERY_TIME_OUT", "Client::BadRequest")
    if fault.kind in ("500", "502", "503") and not fault.changed:
        raise Refusal(int(fault.kind), "Internal server error", kind="Server::InternalServerError")


def _refused(fault: Fault) -> Answered:
    refusal = Refusal(int(fault.kind), "Internal server error", kind="Server::InternalServerError")
    return refusal.status, {}, refusal.answer()


class _Handler(BaseHTTPRequestHandler):
    ovh: OvhServer
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def _any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        split = urlsplit(self.path)
        path = unquote(split.path)
        if path.startswith("/1.0/"):
            path = path[len("/1.0") :]
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        url = f"http://{self.headers['Host']}{self.path}"
        answered = self.ovh.answer(self.command, path, query, json.loads(raw) if raw else None, self.headers, url, raw)
        if answered is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, more, answer = answered
        content = b"<html>" if answer is NO_JSON else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if not self.ovh.keep_alive:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _any

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet: `OvhServer.calls` is the record."""
