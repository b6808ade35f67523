"""Further processes that answer for one gateway: each reads what is loaded, the first does all else.

All take connections from one socket. A worker answers the reads of policies, which need nothing but the
loaded set; a connection that asks for anything else is handed to the first process, and stays there. So
there is one state, and one order of writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pickle
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from mockserver.contract.openapi import Contract, Operation
from mockserver.gateway.gateway import Gateway
from mockserver.http.server import WireServer
from mockserver.serving.shortway import ShortWay
from mockserver.storage.files import FollowedFiles

READS = frozenset({"getPolicy", "listPolicies"})
PATIENCE = 30.0  # seconds until a worker that does not answer is given up
_LENGTH = struct.Struct("!I")  # of the bytes that come with a connection


@dataclass
class _Worker:
    """One of them, as the first process sees it.

    Attributes:
        orders: what it is told and asked; it answers each.
        handed: where its connections come from.
    """

    pid: int
    orders: Connection
    handed: socket.socket


class Workers:
    """The others, told and asked by the first process."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._workers: list[_Worker] = []
        self._told: dict[str, bytes] = {}  # the files that they know of
        self._lock = threading.RLock()  # one conversation at a time

    @classmethod
    def start(cls, gateway: Gateway, listener: socket.socket, count: int) -> Workers:
        """Fork so many, and have them load what is loaded. No thread may have been started before."""
        workers = cls(gateway)
        for _ in range(count):
            workers._fork(listener)
        gateway.helpers = workers
        gateway.store.watch = workers.restate
        workers.load()
        return workers

    def load(self) -> None:
        """Have them load what the gateway has; return when all have done it."""
        with self._lock:
            texts = self._gateway.store.texts()
            changed = {name: text for name, text in texts.items() if self._told.get(name) != text}
            gone = [name for name in self._told if name not in texts]
            self._told = texts
            self._ask("load", (changed, gone))

    def restate(self, *policy: str) -> None:
        """Tell them of a policy that a session has changed."""
        with self._lock:
            self._ask("restate", policy)

    def settle(self) -> None:
        """Have them step aside while a fault is set, and go by the gateway's time."""
        with self._lock:
            self._ask("settle", (bool(self._gateway.faults), self._gateway.clock.moved))

    def gather(self) -> None:
        """Bring what they noted into the journal."""
        with self._lock:
            for notes in self._ask("notes", None):
                self._gateway.journal.join(_Unpickler(notes, self._gateway.contract).load())

    def attach(self, loop: asyncio.AbstractEventLoop, server: WireServer) -> None:
        """Take their connections on a loop, for a server."""
        for worker in self._workers:
            loop.add_reader(worker.handed.fileno(), self._take, loop, server, worker.handed)

    def close(self) -> None:
        """End them: they take no new connection and finish what they answer."""
        with self._lock:
            for worker in self._workers:
                worker.orders.close()
            for worker in self._workers:
                os.waitpid(worker.pid, 0)
            self._workers.clear()

    def _fork(self, listener: socket.socket) -> None:
        ours, theirs = socket.socketpair()
        taking, giving = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            taking.close()
            for worker in self._workers:  # theirs alone, or they would not see this process's end
                worker.orders.close()
                worker.handed.close()
            _be_worker(self._gateway, listener, theirs, giving)
        theirs.close()
        giving.close()
        self._workers.append(_Worker(pid, Connection(ours.detach()), taking))

    def _ask(self, what: str, about: Any) -> list[Any]:
        """Tell all of them, then wait for all; one that is gone is left out from then on."""
        asked = []
        for worker in tuple(self._workers):
            try:
                worker.orders.send((what, about))
                asked.append(worker)
            except OSError:
                self._give_up(worker)
        answers = []
        for worker in asked:
            try:
                if worker.orders.poll(PATIENCE):
                    answers.append(worker.orders.recv())
                    continue
            except (OSError, EOFError):
                pass
            self._give_up(worker)
        return answers

    def _give_up(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.orders.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        os.waitpid(worker.pid, 0)
        sys.stderr.write(f"worker {worker.pid} is gone; the others go on without it\n")

    def _take(self, loop: asyncio.AbstractEventLoop, server: WireServer, handed: socket.socket) -> None:
        """Go on with a connection that a worker gives away."""
        head, descriptors, _, _ = socket.recv_fds(handed, _LENGTH.size, 1)
        if not head:  # the worker ended
            loop.remove_reader(handed.fileno())
            handed.close()
            return
        (length,) = _LENGTH.unpack(head)
        data = bytearray()
        while len(data) < length and (part := handed.recv(length - len(data))):
            data += part
        server.adopt(loop, socket.socket(fileno=descriptors[0]), bytes(data))


def _be_worker(
    gateway: Gateway, listener: socket.socket, orders: socket.socket, giving: socket.socket
) -> None:
    """All that a forked process does."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):  # the first process ends the others
            signal.signal(number, signal.SIG_IGN)
        asyncio.run(_work(gateway, listener, Connection(orders.detach()), giving))
    except BaseException:  # noqa: BLE001  nothing of the first process may go on here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


async def _work(gateway: Gateway, listener: socket.socket, orders: Connection, giving: socket.socket) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    files = FollowedFiles()
    gateway.store.files = files
    short_way = ShortWay(gateway, gateway.contract.operations.keys() - READS).answer
    server = WireServer(None, listener, short_way, lambda *given: _give(giving, *given))

    def load(about: tuple[dict[str, bytes], list[str]]) -> None:
        files.change(*about)
        if not gateway.config.policies_from_dashboard:
            gateway.store.reload()

    def restate(about: tuple[str, str, str]) -> None:
        gateway.store.restate(*about)

    def settle(about: tuple[bool, float]) -> None:
        aside, gateway.clock.moved = about
        server.short_way = None if aside else short_way

    def notes(_: None) -> bytes:
        return _pickled(gateway.journal.take())

    done: dict[str, Callable[[Any], Any]] = {
        "load": load,
        "restate": restate,
        "settle": settle,
        "notes": notes,
    }

    def obey() -> None:
        try:
            what, about = orders.recv()
            orders.send(done[what](about))
        except (OSError, EOFError):
            loop.remove_reader(orders.fileno())
            stop.set()

    loop.add_reader(orders.fileno(), obey)
    await server.run(stop)


def _give(giving: socket.socket, transport: asyncio.Transport, data: bytes) -> None:
    """Hand a connection to the first process, with what was read of it."""
    if transport.get_write_buffer_size():  # the client has not taken its last answer yet
        transport.pause_reading()
        asyncio.get_running_loop().call_later(0.01, _give, giving, transport, data)
        return
    with contextlib.suppress(OSError):  # that process is gone, and this one ends soon
        socket.send_fds(giving, [_LENGTH.pack(len(data))], [transport.get_extra_info("socket").fileno()])
        giving.sendall(data)
    transport.abort()


class _Pickler(pickle.Pickler):
    """Leaves out what both processes have: the contract and its operations."""

    def persistent_id(self, value: Any) -> str | None:
        if isinstance(value, Operation):
            return value.id
        return "" if isinstance(value, Contract) else None


class _Unpickler(pickle.Unpickler):
    """Puts in again what was left out."""

    def __init__(self, data: bytes, contract: Contract) -> None:
        super().__init__(io.BytesIO(data))
        self._contract = contract

    def persistent_load(self, pid: str) -> Contract | Operation:
        return self._contract.operations[pid] if pid else self._contract


def _pickled(value: Any) -> bytes:
    file = io.BytesIO()
    _Pickler(file).dump(value)
    return file.getvalue()
