"""A recorder that plays scenarios on a gateway and records its answers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from mockserver.evidence.player import BASE, RELOAD, Player, files_below, member_of, with_directory
from mockserver.evidence.recording import Scenario, Step
from mockserver.evidence.scenarios import NEEDS
from mockserver.golang import json_reader
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.http.client import Answer, Client, ClientError, TimeOver
from mockserver.http.deadline import CLEANUP_SECONDS, Deadline

POLICIES = "/tyk/policies"
SECRET = "recorded-secret"  # replaces the gateway's own secret in a recording, and the key of a Dashboard


class RecorderError(ValueError):
    """The service cannot be recorded; the message names the reason and the next step."""


@dataclass
class Recorder:
    """A recorder of one gateway, which must be empty.

    Attributes:
        secret: the gateway's secret; recordings do not contain it.
        directory: the gateway's working directory; None if it is not on this machine.
        config: the dotted keys of the gateway's configuration, as far as they are known; a missing key
            is taken to be as in `player.BASE`.
        sleep: the function that waits for a number of seconds.
        limit: the deadline of the client's exchanges; the removal of what a scenario wrote has its own.
    """

    client: Client
    secret: str
    directory: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], object] = time.sleep
    limit: Deadline = field(default_factory=Deadline)

    def skip_reason(self, scenario: Scenario, needs: tuple[str, ...]) -> str:
        """The reason why the scenario cannot be recorded on this gateway; "" if it can be."""
        for need in needs:
            if need != "directory" or self.directory is None:
                return f"needs {NEEDS[need]}" + ("; pass it with --directory" if need == "directory" else "")
        directory = str(self.directory) if self.directory else "${DIR}"
        for key, value in {**BASE, **scenario.config}.items():
            required = with_directory(value, directory)
            if key in self.config and _is_same(self.config[key], required):
                continue
            if key not in self.config and (key not in scenario.config or _is_same(BASE.get(key), value)):
                continue
            unknown = "is not known; pass the gateway's tyk.conf with --conf"
            actual = f"is {self.config[key]!r}" if key in self.config else unknown
            return f"needs {key} = {required!r}; its value {actual}"
        return ""

    def prepare(self) -> None:
        """Check that the gateway and its directory are empty, because recording removes all policies.

        Raises:
            RecorderError: the gateway, or its directory, is not empty.
        """
        if self._has_policies():
            raise RecorderError(
                "the gateway has policies, and recording removes all policies; record on an empty gateway"
            )
        for name in ("policies", "apps"):
            folder = self.directory / name if self.directory else None
            if folder and folder.is_dir() and any(folder.iterdir()):
                raise RecorderError(
                    f"{folder} is not empty, and recording removes its files; record on an empty gateway"
                )

    def record(self, scenario: Scenario) -> Iterator[Step]:
        """Play a scenario; yield each step with its response or files.

        Raises:
            RecorderError: policies of an earlier scenario could not be removed, or the time is over.
        """
        self._empty()
        player = Player(self.client, {"SECRET": self.secret, "UPSTREAM": ""}, self.directory or Path())
        written: dict[str, None] = {}
        try:
            for step in scenario.steps:
                yield self._play(player, step, written)
        except TimeOver as error:
            raise RecorderError(f"nothing is recorded: {error}") from error
        finally:
            if self.limit.is_over:
                self.limit.set(CLEANUP_SECONDS)
            for key in written:
                self._send("DELETE", f"{POLICIES}/{quote(key, safe='')}")
            self._send("GET", RELOAD)

    def _play(self, player: Player, step: Step, written: dict[str, None]) -> Step:
        if "request" in step:
            answer = player.send(step)
            response = player.response(answer)
            if answer is not None and answer.status == 200:
                written |= dict.fromkeys(_written(step["request"], member_of(answer, "key")))
            headers = [[n, v.replace("${SECRET}", SECRET)] for n, v in step["request"]["headers"]]
            return {**step, "request": {**step["request"], "headers": headers}, "response": response}
        if "wait" in step:
            self.sleep(step["wait"])
        elif "read" in step:
            assert self.directory is not None
            return {**step, "files": files_below(self.directory / step["read"])}
        else:
            player.prepare(step)
        return step

    def _empty(self) -> None:
        """Put the gateway into the initial state of every scenario: empty directories and no policies."""
        if self.directory:
            for name in ("policies", "apps"):
                folder = self.directory / name
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder)
                folder.unlink(missing_ok=True)
                folder.mkdir()
        self._send("GET", RELOAD)
        if self._has_policies():
            raise RecorderError(
                "policies of an earlier scenario could not be removed; empty the gateway by hand"
            )

    def _has_policies(self) -> bool:
        """True unless the gateway answers with an empty list, whatever else it answers with."""
        answer = self._send("GET", POLICIES)
        if answer.status != 200:
            raise RecorderError(f"GET {POLICIES} answers {answer.status}, must be 200; check the secret")
        return answer.body.strip() not in {b"[]", b"null"}

    def _send(self, method: str, target: str) -> Answer:
        try:
            return self.client.send(method, target, [("X-Tyk-Authorization", self.secret)])
        except ClientError as error:
            raise RecorderError(f"the gateway does not answer: {error}") from error


def _written(request: Mapping[str, Any], answered: Any) -> list[str]:
    """The id of the policy that a request wrote: the answered one, if the request itself has it.

    A gateway that answers another id names a policy of others, or none.
    """
    if request["method"] not in {"POST", "PUT"} or not request["target"].startswith(POLICIES):
        return []
    try:
        node, _ = json_reader.read(str(request.get("body", "")).encode("utf-8", "surrogatepass"))
    except JSONSyntaxError:
        node = None
    members = node if isinstance(node, Object) else ()
    sent = {id_ for name, id_ in members if name.lower() in {"id", "_id"} and isinstance(id_, str)}
    sent |= {id_.lower() for id_ in sent} | {unquote(urlsplit(request["target"]).path.rpartition("/")[2])}
    return [answered] if isinstance(answered, str) and answered in sent else []


def _is_same(actual: Any, required: Any) -> bool:
    """True if two values of a configuration key are equal; paths are compared as absolute paths."""
    if isinstance(actual, str) and isinstance(required, str) and "/" in required:
        return Path(actual).absolute() == Path(required).absolute()
    return bool(actual == required)
