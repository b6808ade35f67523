"""An upstream for tests that sends prepared bytes, be they HTTP or not."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

OK = b"HTTP/1.1 200 OK\r\n"
Answer = bytes | Callable[[Any], None]  # the bytes, or a function that writes them to a file


@contextlib.contextmanager
def answering(answers: Mapping[str, Answer]) -> Iterator[str]:
    """Answer requests by their path until the block ends; gives the URL. A HEAD request gets only the head."""

    class Handler(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self) -> None:
            method, path, _ = self.rfile.readline().decode().split()
            while self.rfile.readline().strip():
                pass
            answer = answers[path.partition("?")[0]]
            with contextlib.suppress(OSError):  # the other side may have given up
                if callable(answer):
                    answer(self.wfile)
                else:
                    head, blank, body = answer.partition(b"\r\n\r\n")
                    self.wfile.write(head + blank + (b"" if method == "HEAD" else body))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
