"""What openapi-core finds in answers, in a process of its own: it loads as long as a thousand requests take.

`python -m contract_tests.engine.openapi_core_judge VERSION` reads an answer from each line, and
prints at the end what each violates.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from queue import SimpleQueue
from typing import Any

from contract_tests.engine.mock_process import environment
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import select_version

KINDNESS = 10  # it need not be ready before the run ends


@dataclass(frozen=True)
class Answered:
    """An answer and what it answers.

    Attributes:
        path: without a query.
        body: each byte as the character of that number.
    """

    method: str
    path: str
    status: int
    content_type: str
    body: str


class Checker:
    """A process that loads openapi-core, and checks what it is asked while others do other things."""

    def __init__(self, version: str) -> None:
        command = [sys.executable, "-m", "contract_tests.engine.openapi_core_judge", version]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), start_new_session=True
        )
        self._asked: SimpleQueue[Answered | None] = SimpleQueue()  # or we would wait until it has loaded
        self._writing = threading.Thread(target=self._write, daemon=True)
        self._writing.start()

    def ask(self, answered: Answered) -> None:
        """Let it check an answer."""
        self._asked.put(answered)

    def told(self) -> list[str]:
        """What each answer violates, "" for one that conforms; nothing more can be asked.

        Raises:
            RuntimeError: it came to no end.
        """
        self._asked.put(None)
        assert self._process.stdout is not None
        said = self._process.stdout.read()
        if self._process.wait():
            raise RuntimeError("openapi-core came to no verdict")
        found: list[str] = json.loads(said)
        return found

    def close(self) -> None:
        """End it, whatever it does."""
        self._asked.put(None)
        self._process.kill()
        self._writing.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()

    def _write(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as lines:
            while (answered := self._asked.get()) is not None:
                lines.write(json.dumps(asdict(answered)).encode() + b"\n")
                lines.flush()


def validator(contract: Contract) -> Callable[[Answered], str]:
    """A function that says what an answer violates; "" where it conforms."""
    from openapi_core import Config, OpenAPI
    from openapi_core.exceptions import OpenAPIError, SpecError

    document = _without_extensions(contract.document)
    api = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))

    def violation(answered: Answered) -> str:
        try:
            api.validate_response(_Request(answered), _Response(answered))
        except SpecError:
            raise  # our fault, not the gateway's
        except OpenAPIError as error:
            return _told(error)
        return ""

    return violation


class _Request:
    """A request as openapi-core asks for it."""

    host_url = "http://localhost:8080"
    content_type = "application/json"
    body = None

    def __init__(self, answered: Answered) -> None:
        from openapi_core.datatypes import RequestParameters

        self.path = answered.path
        self.method = answered.method.lower()
        self.parameters = RequestParameters()


class _Response:
    """An answer as openapi-core asks for it."""

    def __init__(self, answered: Answered) -> None:
        self.data = answered.body.encode("latin-1")
        self.status_code = answered.status
        self.content_type = answered.content_type
        self.headers = {"Content-Type": answered.content_type}


def _told(error: BaseException) -> str:
    """An error and what caused it; openapi-core's own text fails on bodies that are not UTF-8."""
    try:
        told = str(error)
    except UnicodeDecodeError:
        told = "the body is not UTF-8"
    errors: Any = getattr(error.__cause__, "schema_errors", ()) or getattr(error, "schema_errors", ())
    details = [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:120]}" for e in errors]
    return "; ".join(details) or told or type(error).__name__


def _without_extensions(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_extensions(v) for k, v in node.items() if not str(k).startswith("x-")}
    return [_without_extensions(item) for item in node] if isinstance(node, list) else node


def main(version: str) -> None:
    """Check what comes in."""
    if hasattr(os, "nice"):
        os.nice(KINDNESS)
    check = validator(Contract.load(select_version(version)))
    found = [check(Answered(**json.loads(line))) for line in sys.stdin.buffer]
    print(json.dumps(found))  # noqa: T201  whoever asked reads it


if __name__ == "__main__":
    main(sys.argv[1])
