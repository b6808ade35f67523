"""A player that executes the steps of a scenario: requests, files of the gateway, answers of its upstream."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.evidence.recording import Step
from mockserver.evidence.signing_keys import SigningKeys
from mockserver.evidence.stand_ins import StandIns
from mockserver.http.client import Answer, Client, ClientError, TimeOver
from mockserver.http.echo_server import Echo
from mockserver.http.messages import JSON, Reply
from mockserver.storage.snapshot import content_of

RELOAD = "/tyk/reload?block=true"
BASE: dict[str, Any] = {
    "policies.policy_path": "${DIR}/policies",
    "app_path": "${DIR}/apps",
    "liveness_check.check_duration": 1_000_000_000,
    "enable_hashed_keys_listing": True,
    "hide_generator_header": True,
}  # dotted keys of tyk.conf that hold in every scenario which does not override them
# Headers of an answer with stand-ins; others may have cookies, or name the machines on the way.
KEPT_HEADERS = {
    "allow",
    "content-length",
    "content-type",
    "location",
    "transfer-encoding",
    "www-authenticate",
}


class Player:
    """The execution of one scenario on a service.

    Args:
        variables: the values of ${NAME} in requests and files; a step's `capture` adds to them.
        directory: the directory that files of steps are below.
        host: the value of Host; None for that of the client's URL.
        stand_ins: what stands for captured values and secrets in answers; None to leave answers as they are.
        uncaptured: the value of a variable that an answer does not have.
        upstream: the upstream of the service, which answers as steps say; None if there is none of ours.
    """

    def __init__(
        self,
        client: Client,
        variables: Mapping[str, str],
        directory: Path = Path(),
        *,
        host: str | None = "gateway.test",
        stand_ins: StandIns | None = None,
        uncaptured: str = "",
        upstream: Echo | None = None,
    ) -> None:
        self._client = client
        self._directory = directory
        self._variables = dict(variables)
        self._host = host
        self._stand_ins = stand_ins
        self._uncaptured = uncaptured
        self._upstream = upstream
        self._signing_keys = SigningKeys()

    def send(self, step: Step) -> Answer | None:
        """Send a step's request; None if the connection broke before an answer arrived.

        Raises:
            TimeOver: the time of all requests is over, which says nothing of the gateway.
        """
        request = step["request"]
        headers = [(name, self._substitute(value)) for name, value in request["headers"]]
        target, body = self.sent(step)
        self._client.close()  # recordings have a connection for each request
        try:
            answer = self._client.send(request["method"], target, headers, body, host=self._host)
        except TimeOver:
            raise
        except ClientError:
            return None
        for variable, member in step.get("capture", {}).items():
            self._variables[variable] = self._captured(answer, member)
        return answer

    def sent(self, step: Step) -> tuple[str, bytes | None]:
        """The target and the body of a step's request."""
        request, body = step["request"], None
        if "body_hex" in request:
            body = bytes.fromhex(request["body_hex"])
        elif "body" in request:
            body = self._substitute(request["body"]).encode("utf-8", "surrogatepass")
        return self._substitute(request["target"]), body

    def variable(self, name: str) -> str:
        """The value of a variable."""
        return self._variables[name]

    def response(self, answer: Answer | None) -> dict[str, Any]:
        """The answer to the last request in the form of a recording, with stand-ins."""
        if answer is None:
            return {"error": "no answer"}
        response = as_response(answer)
        if self._stand_ins is None:
            return response
        response["headers"] = [
            [name, self._stand_ins.put(value)]
            for name, value in response["headers"]
            if name.lower() in KEPT_HEADERS
        ]
        if "body" in response:
            self._stand_ins.add_secrets(response["body"])
            response["body"] = self._stand_ins.put(response["body"])
        return response

    def _captured(self, answer: Answer, member: str) -> str:
        value = member_of(answer, member)
        if not isinstance(value, str) or not value or answer.status >= 300:
            return self._uncaptured
        if self._stand_ins is not None:
            self._stand_ins.add(value)
        return value

    def prepare(self, step: Step) -> None:
        """Carry out a step that is no request: a key or a token, an answer of the upstream, or a file."""
        if "generate" in step:
            self._variables[step["generate"]] = self._signing_keys.generate(step["generate"])
        elif "sign" in step:
            header, claims = (self._substitute(step[part]) for part in ("header", "claims"))
            self._variables[step["sign"]] = self._signing_keys.sign(step["by"], header, claims)
        elif "serve" in step:
            assert self._upstream is not None
            reply = Reply(self._substitute(step["text"]).encode(), 200, (("Content-Type", JSON),))
            self._upstream.answers[step["serve"]] = reply
        else:
            self._change_files(step)

    def _change_files(self, step: Step) -> None:
        """Write or remove the file, or remove the directory, that the step names."""
        if "write" in step:
            path = self._directory / step["write"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                bytes.fromhex(step["hex"]) if "hex" in step else self._substitute(step["text"]).encode()
            )
            return
        path = self._directory / step["remove"]
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _substitute(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda match: self._variables.get(match[1], match[0]), text)


def member_of(answer: Answer, name: str) -> Any:
    """A member of the answer's JSON object; "" if there is none."""
    try:
        return json.loads(answer.body).get(name, "")
    except (ValueError, AttributeError, RecursionError):
        return ""


def with_directory(value: Any, directory: str) -> Any:
    """The configuration value with the gateway's working directory in place of ${DIR}."""
    return value.replace("${DIR}", directory) if isinstance(value, str) else value


def files_below(directory: Path) -> dict[str, str] | None:
    """The texts of all files below the directory by relative path; None if it does not exist.

    Raises:
        ValueError: a file cannot be read, or is too long.
    """
    if not directory.is_dir():
        return None
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): _text_of(path) for path in files}


def _text_of(path: Path) -> str:
    try:
        text = content_of(path).decode("utf-8", "replace")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; record a gateway with a directory of its own") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def as_response(answer: Answer) -> dict[str, Any]:
    """The answer in the form of a recording: status, sorted headers without Date, and body or body_hex."""
    try:
        body = {"body": answer.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_hex": answer.body.hex()}
    headers = sorted([name, value] for name, value in answer.headers if name.lower() != "date")
    return {"status": answer.status, "headers": headers, **body}
