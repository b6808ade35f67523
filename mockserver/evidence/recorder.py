"""Run scenarios on a gateway and write down what it answers."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mockserver.evidence.player import BASE, RELOAD, Player, as_response, files_below, placed
from mockserver.evidence.recording import Scenario, Step
from mockserver.evidence.scenarios import NEEDS
from mockserver.http.client import Answer, Client, ClientError

SECRET = "recorded-secret"  # stands in a recording for the gateway's own


class RecorderError(ValueError):
    """The gateway cannot be recorded; the message says why and what to do."""


@dataclass
class Recorder:
    """Records on one gateway, which must be empty.

    Attributes:
        secret: the gateway's; it is not written down.
        directory: its working directory, if it lies on this machine.
        config: keys of its configuration, dotted, as far as they are known; the base when none is.
        sleep: how a pause is made.
    """

    client: Client
    secret: str
    directory: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], object] = time.sleep

    def why_not(self, scenario: Scenario, needs: tuple[str, ...]) -> str:
        """Why a scenario cannot be recorded here; "" where it can."""
        for need in needs:
            if need != "directory" or self.directory is None:
                return f"it needs {NEEDS[need]}" + (
                    "; name it with --directory" if need == "directory" else ""
                )
        here = str(self.directory) if self.directory else "${DIR}"
        for key, value in {**BASE, **scenario.config}.items():
            wanted = placed(value, here)
            if key in self.config and _same(self.config[key], wanted):
                continue
            if key not in self.config and (key not in scenario.config or _same(BASE.get(key), value)):
                continue
            unknown = "is not known to be so; say how it is set with --conf"
            told = f"is {self.config[key]!r}" if key in self.config else unknown
            return f"it needs {key} = {wanted!r}, which {told}"
        return ""

    def begin(self) -> None:
        """See that nothing of anybody's would be lost.

        Raises:
            RecorderError: the gateway, or its directory, is not empty.
        """
        if self._listed():
            raise RecorderError("the gateway has policies, and recording removes all; record on an empty one")
        for name in ("policies", "apps"):
            folder = self.directory / name if self.directory else None
            if folder and folder.is_dir() and any(folder.iterdir()):
                raise RecorderError(
                    f"{folder} is not empty, and recording empties it; record on an empty one"
                )

    def record(self, scenario: Scenario) -> Iterator[Step]:
        """Play a scenario; give each step with what came of it.

        Raises:
            RecorderError: policies of an earlier scenario could not be removed.
        """
        self._empty()
        playing = Player(self.client, self.directory or Path(), self.secret, upstream="")
        written: dict[str, None] = {}
        try:
            for step in scenario.steps:
                yield self._played(playing, step, written)
        finally:
            for key in written:
                self._send("DELETE", f"/tyk/policies/{quote(key, safe='')}")
            self._send("GET", RELOAD)

    def _played(self, playing: Player, step: Step, written: dict[str, None]) -> Step:
        if "request" in step:
            answer = playing.send(step)
            response = {"error": "no answer"} if answer is None else as_response(answer)
            if answer is not None and step["request"]["method"] in ("POST", "PUT") and answer.status == 200:
                written[str(_member(answer, "key"))] = None
            headers = [[n, v.replace("${SECRET}", SECRET)] for n, v in step["request"]["headers"]]
            return {**step, "request": {**step["request"], "headers": headers}, "response": response}
        if "wait" in step:
            self.sleep(step["wait"])
        elif "read" in step:
            assert self.directory is not None
            return {**step, "files": files_below(self.directory / step["read"])}
        else:
            playing.change_files(step)
        return step

    def _empty(self) -> None:
        """Empty directories, no policy, one blocking reload: where every scenario begins."""
        if self.directory:
            for name in ("policies", "apps"):
                folder = self.directory / name
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder)
                folder.unlink(missing_ok=True)
                folder.mkdir()
        self._send("GET", RELOAD)
        if self._listed():
            raise RecorderError("policies are left that could not be removed; empty the gateway by hand")

    def _listed(self) -> list[Any]:
        answer = self._send("GET", "/tyk/policies")
        if answer.status != 200:
            raise RecorderError(f"GET /tyk/policies answers {answer.status}; is the secret right?")
        listed: list[Any] = json.loads(answer.body)
        return listed

    def _send(self, method: str, target: str) -> Answer:
        try:
            return self.client.send(method, target, [("X-Tyk-Authorization", self.secret)])
        except ClientError as error:
            raise RecorderError(f"the gateway does not answer: {error}") from error


def _member(answer: Answer, name: str) -> Any:
    try:
        return json.loads(answer.body).get(name, "")
    except (ValueError, AttributeError):
        return ""


def _same(told: Any, wanted: Any) -> bool:
    """Two values of a key; a path may be written in several ways."""
    if isinstance(told, str) and isinstance(wanted, str) and "/" in wanted:
        return Path(told).absolute() == Path(wanted).absolute()
    return bool(told == wanted)
