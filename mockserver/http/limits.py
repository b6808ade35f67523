"""The limits of the HTTP server: what clients may make it keep, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

try:
    import resource
except ImportError:  # Windows has no such module, and no such limit
    resource = None  # type: ignore[assignment]

MAX_HEAD = 1 << 20  # bytes; net/http.DefaultMaxHeaderBytes
MAX_CONNECTIONS = 10_000  # where the system would let the process have more
DESCRIPTORS_ELSEWHERE = 1024  # the limit of file descriptors that is assumed if the system states none
TURN = 64  # requests, or steps of a chunked body, of one connection before others have their turn
THREADS = {"storage": 64, "upstream": 256, "control": 8}  # threads by lane; each starts when it is needed


def _connections() -> int:
    """Half of the file descriptors that the process may have; upstreams and files need some too."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if resource else DESCRIPTORS_ELSEWHERE
    return min(MAX_CONNECTIONS, descriptors // 2) if descriptors > 0 else MAX_CONNECTIONS


@dataclass(frozen=True)
class Limits:
    """The limits of one server.

    Attributes:
        head: bytes of the request line and the headers, and of what a client sends ahead; as in net/http.
        lines: of a head; the gateway itself has no limit, but would take many of them in no time.
        body: bytes of a body; the gateway itself has no limit.
        undecided_body: bytes of a body that are read though the head decides the answer; as in net/http.
        held: bytes that all connections together may make the server keep: of requests that are incomplete or
            not answered yet, and of answers that are not read.
        share: bytes that a connection may have in any case, however much the others have.
        read_seconds: until a request must be complete and its answer read; the gateway's default.
        linger_seconds: for which a refused client may go on sending and read the answer; as in net/http.
        stop_seconds: for answers in progress once the server stops.
        connections: at one time; the one that is idle longest is closed for a further one.
        waiting: requests of a lane that wait for a thread or have one.
        threads: threads of each lane.
    """

    head: int = MAX_HEAD
    lines: int = 10_000
    body: int = 256 << 20
    undecided_body: int = 256 << 10
    held: int = 512 << 20
    share: int = 64 << 10
    read_seconds: float = 120
    linger_seconds: float = 0.5
    stop_seconds: float = 8
    connections: int = field(default_factory=_connections)
    waiting: int = 1000
    threads: Mapping[str, int] = field(default_factory=lambda: THREADS)
