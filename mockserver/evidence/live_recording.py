"""A recording of live traffic, a file that has each exchange as soon as the client has its answer."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any

from mockserver.contract.versions import GatewayVersion
from mockserver.evidence.recorder import SECRET, RecorderError
from mockserver.evidence.recording import Step

SCENARIO = "live/traffic"


class LiveRecording:
    """A recording that is written line by line, of one scenario; only its owner may read it.

    Raises:
        RecorderError: the file exists, or cannot be written.

    Attributes:
        steps: how many were written.
        failure: the reason why nothing more is written; "" as long as all is.
    """

    def __init__(self, path: Path, service: str, version: GatewayVersion, today: str) -> None:
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise RecorderError(f"{path} exists already; choose another --output, or remove it") from error
        except OSError as error:
            raise RecorderError(f"{path}: {error.strerror}; choose another --output") from error
        self.steps = 0
        self.failure = ""
        self._path = path
        self._lock = threading.Lock()
        self._size = 0
        self._is_open = True
        about = "requests of clients and the answers of the service, as a proxy between them saw both"
        self._write({service: str(version), "secret": SECRET, "recorded": today})
        self._write({"scenario": SCENARIO, "about": about, "config": {}})

    def add(self, step: Step) -> None:
        """Write a step, unless the recording has failed or is closed."""
        with self._lock:
            if self._is_open and not self.failure:
                self._write({"scenario": SCENARIO, "step": self.steps, **step})
                self.steps += not self.failure

    def close(self) -> None:
        """Close the file; what is added later is not written."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                os.close(self._file)

    def _write(self, line: dict[str, Any]) -> None:
        """Write a line, of which nothing is left if it cannot be written whole."""
        data = json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        unsent = memoryview(data)
        try:
            while unsent:
                unsent = unsent[os.write(self._file, unsent) :]
            self._size += len(data)
        except OSError as error:
            self.failure = f"{self._path}: {error.strerror}; nothing more is recorded"
            with contextlib.suppress(OSError):  # of a pipe
                os.ftruncate(self._file, self._size)
