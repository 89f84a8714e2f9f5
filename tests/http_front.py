"""A small HTTP front over chDB: a stand-in for a ClickHouse server, for tests only.

No current ClickHouse server is in the package registries, so what is tested with this is our client, its
statements and its handling of errors over real HTTP, with the same engine behind it; not a server's own
limits, users, replicas or logs.

    python http_front.py FOLDER      prints the port and serves until it is terminated

Besides ClickHouse's interface (a statement in `query` or the body, `param_*`, settings, `database`) it has
    GET  /test/log                   all statements so far: text, settings, parameters
    POST /test/fail?times=&code=     fail the next statements with this ClickHouse code, unexecuted
    POST /test/fail?times=&drop=before|after    break the connection instead, before or after executing
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Parameters of the interface that are no settings of the engine.
TRANSPORT = {
    "query",
    "database",
    "session_id",
    "query_id",
    "wait_end_of_query",
    "compress",
    "client_protocol_version",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
}
INSERT = re.compile(r"\s*(INSERT\s.*?)\s+FORMAT\s+(\w+)\s*$", re.IGNORECASE | re.DOTALL)
RETURNS_ROWS = re.compile(r"\s*(SELECT|WITH|SHOW|DESCRIBE|EXISTS|KILL)\b", re.IGNORECASE)


class Front:
    """The engine, the statements it was sent, and the failures that a test has ordered."""

    def __init__(self, folder: str) -> None:
        import chdb

        self.connect = lambda: chdb.connect(folder)
        self.anchor = self.connect()  # keeps the engine open between requests
        self.lock = threading.Lock()
        self.log: list[dict[str, Any]] = []
        self.failures: list[dict[str, str]] = []

    def run(self, sql: str, data: bytes, url: dict[str, str]) -> bytes:
        """Run one statement on a connection of its own: after an error chDB's connections cannot be trusted."""
        settings = {name: value for name, value in url.items() if name not in TRANSPORT and name[:6] != "param_"}
        parameters = {name[6:]: value for name, value in url.items() if name.startswith("param_")}
        self.log.append({"sql": sql, "settings": settings, "parameters": parameters, "bytes": len(data)})
        connection = self.connect()
        try:
            for name, value in settings.items():
                connection.query(f"SET {name} = {quoted(value)}")
            if database := url.get("database"):
                connection.query(f"USE `{database}`")
            insert = INSERT.match(sql)
            if insert and data:
                return insert_from_file(connection, insert[1], insert[2], data)
            return connection.query(sql, "TabSeparated", params=parameters).bytes() or b""
        finally:
            connection.close()


def insert_from_file(connection: Any, statement: str, data_format: str, data: bytes) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        connection.query(f"{statement} FROM INFILE {quoted(file.name)} FORMAT {data_format}")
    return b""


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class Handler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        url = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == "/test/log":
            return self.answer(200, json.dumps(self.front.log).encode())
        if parts.path == "/test/fail":
            self.front.failures += [url] * int(url["times"])
            return self.answer(200, b"")
        return self.statement(url, body)

    def statement(self, url: dict[str, str], body: bytes) -> None:
        sql, data = url.get("query", ""), body
        if not sql:
            head, newline, rest = body.partition(b"\n")
            binary = newline and INSERT.match(head.decode(errors="replace"))
            sql, data = (head.decode(), rest) if binary else (body.decode(), b"")
        failure = self.front.failures.pop(0) if self.front.failures else {}
        if failure.get("drop") == "before":
            return self.hang_up()
        if code := failure.get("code"):
            self.front.log.append({"sql": sql, "settings": {}, "failed": code})
            return self.answer(500, f"Code: {code}. DB::Exception: ordered by the test".encode(), code)
        try:
            with self.front.lock:
                answer = self.front.run(sql, data, url)
        except RuntimeError as error:  # chDB's errors are RuntimeErrors
            return self.refuse(str(error))
        if failure.get("drop") == "after":
            return self.hang_up()
        return self.answer(200, answer, rows=bool(RETURNS_ROWS.match(sql)))

    def refuse(self, message: str) -> None:
        code = re.search(r"Code: (\d+)", message)
        self.answer(500, message.encode(), code[1] if code else "1")

    def answer(self, status: int, body: bytes, code: str = "", *, rows: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if rows:
            self.send_header("X-ClickHouse-Format", "TabSeparated")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Nothing on the test's terminal."""


@contextmanager
def serving(folder: str) -> Iterator[str]:
    """Address of a front in a process of its own, over a store in `folder`."""
    with subprocess.Popen([sys.executable, __file__, folder], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def main() -> None:
    Handler.front = Front(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
