"""The one object through which hosts are reached: synchronous, over one asyncio loop, connections kept."""

from __future__ import annotations

import asyncio
import shlex
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from momentum.adapters.ssh.connecting import Endpoint, connect, shown_host_key
from momentum.adapters.ssh.errors import (
    CommandFailed,
    CommandTimeout,
    ConnectionLost,
    DiskFull,
    SshError,
    SudoRefused,
    Unreachable,
)
from momentum.adapters.ssh.files import ABSENT, CUT, File, put_argv, read_argv
from momentum.adapters.ssh.output import Lines, Mask

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")
Emit = Callable[[str], None]
_SUDO_SAYS_NO = ("a password is required", "not in the sudoers", "is not allowed to", "may not run sudo", "a terminal")


@dataclass(frozen=True)
class Result:
    exit: int
    out: str
    err: str


class Hosts:
    """`endpoints` by server name. `mask` takes secrets out of what is streamed and of what errors quote.

    Every method raises SshError and its kinds. Commands of one host share a connection; a connection that has died
    between two commands is made anew, one that dies during a command is ConnectionLost and nothing is repeated.
    `calls` counts commands by server name, `connections` connections.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        client_keys: Sequence[Path | str] = (),
        at_once: int = 8,
        connect_timeout_s: float = 10,
        mask: Mask = lambda text: text,
    ) -> None:
        self.endpoints = dict(endpoints)
        self.calls: Counter[str] = Counter()
        self.connections: Counter[str] = Counter()
        self._client_keys, self._at_once, self._connect_timeout_s = client_keys, at_once, connect_timeout_s
        self._mask = mask
        self._open: dict[str, asyncssh.SSHClientConnection] = {}
        self._forwards: dict[tuple[str, int], tuple[asyncssh.SSHClientConnection, asyncssh.SSHListener]] = {}
        self._guards: dict[str, asyncio.Lock] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ssh", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._await(self._close_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Who is meant.

    def shown_host_key(self, host: str) -> str:
        """The key that the host shows now, for pinning at its delivery. Nobody logs in."""
        return self._await(shown_host_key(host, self._endpoint(host), self._connect_timeout_s))

    def pin(self, host: str, host_key: str) -> None:
        self.endpoints[host] = replace(self.endpoints[host], host_key=host_key)
        self.forget_connection(host)

    def forget_connection(self, host: str) -> None:
        """The next command makes a new one: proof that the host still lets us in."""
        if connection := self._open.pop(host, None):
            self._loop.call_soon_threadsafe(connection.abort)

    # What is done there.

    def run(
        self,
        host: str,
        argv: Sequence[str],
        *,
        sudo: bool = False,
        stdin: bytes | str | None = None,
        timeout_s: float = 60,
        on_output: Emit | None = None,
    ) -> Result:
        """Any exit code is a result. `on_output` gets lines of both streams, masked; Result is not masked."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        exit_, out, err = self._await(self._run(host, argv, sudo, data, timeout_s, on_output))
        return Result(exit_, out.decode(errors="replace"), err.decode(errors="replace"))

    def check(self, host: str, argv: Sequence[str], **options: Any) -> str:
        """As `run`, for a command that must succeed; returns its output. Raises CommandFailed."""
        result = self.run(host, argv, **options)
        if result.exit:
            raise self._failed(host, argv, result.exit, result.err or result.out)
        return result.out

    def put(
        self, host: str, path: str, content: bytes | str, *, owner: str = "root", group: str = "root", mode: int = 0o644
    ) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.put_all(host, [File(path, data, owner, group, mode)])

    def put_all(self, host: str, files: Sequence[File], *, timeout_s: float = 60) -> None:
        """One call for all: none is replaced before all are on the disk beside their places."""
        argv = put_argv(files)
        data = b"".join(file.content for file in files)
        exit_, _, err = self._await(self._run(host, argv, True, data, timeout_s, None))
        if exit_ == CUT:
            raise ConnectionLost(host, f"a file came cut; {names(files)} as before")
        if exit_:
            raise self._failed(host, ["put", *(file.path for file in files)], exit_, err.decode(errors="replace"))

    def read(self, host: str, path: str) -> bytes | None:
        """The file's bytes, read as root, or None where there is none."""
        exit_, out, err = self._await(self._run(host, read_argv(path), True, None, 60, None))
        if exit_ == ABSENT:
            return None
        if exit_:
            raise self._failed(host, ["read", path], exit_, err.decode(errors="replace"))
        return out

    def forward(self, host: str, port: int) -> int:
        """A port of this machine that leads to the host's own loopback; the same while the connection lasts."""
        return self._await(self._forward(host, port))

    def map(self, hosts: Iterable[str], fn: Callable[[str], T]) -> dict[str, T | SshError]:
        """`fn` for every host, `at_once` of them at a time; an SshError is that host's answer, others go on."""

        def one(host: str) -> T | SshError:
            try:
                return fn(host)
            except SshError as error:
                return error

        names_ = list(hosts)
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="host") as pool:
            return dict(zip(names_, pool.map(one, names_), strict=True))

    # How.

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _endpoint(self, host: str) -> Endpoint:
        if host not in self.endpoints:
            raise Unreachable(host, "no address of it is known: it was not delivered yet, or not adopted")
        return self.endpoints[host]

    async def _connection(self, host: str) -> asyncssh.SSHClientConnection:
        async with self._guards.setdefault(host, asyncio.Lock()):
            connection = self._open.get(host)
            if connection is None or connection.is_closed():
                connection = await connect(host, self._endpoint(host), self._client_keys, self._connect_timeout_s)
                self._open[host] = connection
                self.connections[host] += 1
            return connection

    async def _forward(self, host: str, port: int) -> int:
        import asyncssh

        connection = await self._connection(host)
        through, listener = self._forwards.get((host, port), (None, None))
        if listener is None or through is not connection:
            try:
                listener = await connection.forward_local_port("127.0.0.1", 0, "127.0.0.1", port)
            except (asyncssh.Error, OSError) as error:
                raise Unreachable(host, f"no way to its port {port}: {error}") from error
            self._forwards[host, port] = (connection, listener)
        return int(listener.get_port())

    async def _process(self, host: str, command: str) -> asyncssh.SSHClientProcess[bytes]:
        import asyncssh

        for last in (False, True):
            connection = await self._connection(host)
            try:
                async with asyncio.timeout(self._connect_timeout_s):
                    return await connection.create_process(command, encoding=None)
            except (asyncssh.Error, OSError) as error:  # a timeout is an OSError: the line is dead, nobody said so
                # Nothing ran yet: a connection that died in the meantime is made once more.
                self._open.pop(host, None)
                connection.abort()
                if last:
                    raise ConnectionLost(host, f"no command could be started: {error or 'no answer'}") from error
        raise AssertionError("unreachable")

    async def _run(
        self,
        host: str,
        argv: Sequence[str],
        sudo: bool,
        stdin: bytes | None,
        timeout_s: float,
        on_output: Emit | None,
    ) -> tuple[int, bytes, bytes]:
        as_root = sudo and self._endpoint(host).user != "root"
        command = shlex.join([*(["sudo", "-n", "--"] if as_root else []), *argv])
        self.calls[host] += 1
        process = await self._process(host, command)
        out, err = bytearray(), bytearray()
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(
                    send(process, stdin),
                    take(process.stdout, out, Lines(self._mask, on_output)),
                    take(process.stderr, err, Lines(self._mask, on_output)),
                )
                await process.wait_closed()
        except TimeoutError as error:
            process.terminate()
            process.close()
            raise CommandTimeout(host, f"{self._shown(argv)} was not done in {timeout_s:g} s") from error
        if process.exit_status is None or process.exit_status < 0:
            if process.exit_signal:
                return 128, bytes(out), bytes(err)
            self.forget_connection(host)
            raise ConnectionLost(host, f"the connection was lost during {self._shown(argv)}; read what it did")
        if as_root and process.exit_status == 1 and sudo_said_no(bytes(err)):
            raise SudoRefused(host, f"{self.endpoints[host].user} may not use sudo there without a password")
        return process.exit_status, bytes(out), bytes(err)

    async def _close_all(self) -> None:
        for connection in self._open.values():
            connection.close()
        for connection in self._open.values():
            await connection.wait_closed()
        self._open.clear()

    def _shown(self, argv: Sequence[str]) -> str:
        """A command in a message: its first words only, scripts left out, masked."""
        words = argv[3:] if list(argv[:2]) == ["sh", "-c"] and len(argv) > 3 else argv
        text = " ".join(words).split("\n", 1)[0]
        return self._mask(text if len(text) <= 80 else text[:77] + "...")

    def _failed(self, host: str, argv: Sequence[str], exit_: int, said: str) -> SshError:
        if "No space left on device" in said or "Disk quota exceeded" in said:
            return DiskFull(host, f"no space left on its disk during {self._shown(argv)}; make room and apply again")
        return CommandFailed(host, f"{self._shown(argv)} ended with {exit_}: {self._mask(said.strip()[-600:])}")


def names(files: Sequence[File]) -> str:
    return ", ".join(file.path for file in files)


def sudo_said_no(err: bytes) -> bool:
    lines = [line for line in err.decode(errors="replace").splitlines() if "sudo" in line]
    return any(said in line for line in lines for said in _SUDO_SAYS_NO)


async def send(process: asyncssh.SSHClientProcess[bytes], data: bytes | None) -> None:
    import asyncssh

    try:
        if data:
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.write_eof()
    except (BrokenPipeError, ConnectionError, asyncssh.Error):
        pass  # the exit code or the lost connection tells it


async def take(reader: asyncssh.SSHReader[bytes], into: bytearray, lines: Lines) -> None:
    import asyncssh

    try:
        while data := await reader.read(65536):
            into += data
            lines.feed(data)
    except (ConnectionError, asyncssh.Error):
        pass  # as above
    lines.end()
