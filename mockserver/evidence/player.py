"""A player that executes the steps of a scenario: requests, and files in the gateway's working directory."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from mockserver.evidence.recording import Step
from mockserver.http.client import Answer, Client, ClientError, TimeOver

RELOAD = "/tyk/reload?block=true"
BASE: dict[str, Any] = {
    "policies.policy_path": "${DIR}/policies",
    "app_path": "${DIR}/apps",
    "liveness_check.check_duration": 1_000_000_000,
    "enable_hashed_keys_listing": True,
}  # dotted keys of tyk.conf that hold in every scenario which does not override them


class Player:
    """The execution of one scenario: its client, the gateway's directory, and the values of its variables.

    `upstream` is the URL that replaces ${UPSTREAM} in requests and files.
    """

    def __init__(self, client: Client, directory: Path, secret: str, upstream: str) -> None:
        self._client = client
        self._directory = directory
        self._variables = {"SECRET": secret, "UPSTREAM": upstream}

    def send(self, step: Step) -> Answer | None:
        """Send a step's request; None if the connection broke before an answer arrived.

        Raises:
            TimeOver: the time of all requests is over, which says nothing of the gateway.
        """
        request = step["request"]
        headers = [(name, self._substitute(value)) for name, value in request["headers"]]
        body = None
        if "body_hex" in request:
            body = bytes.fromhex(request["body_hex"])
        elif "body" in request:
            body = self._substitute(request["body"]).encode("utf-8", "surrogatepass")
        target = self._substitute(request["target"])
        self._client.close()  # recordings have a connection for each request
        try:
            answer = self._client.send(request["method"], target, headers, body, host="gateway.test")
        except TimeOver:
            raise
        except ClientError:
            return None
        for variable, member in step.get("capture", {}).items():
            self._variables[variable] = str(member_of(answer, member))
        return answer

    def change_files(self, step: Step) -> None:
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
    """The texts of all files below the directory by relative path; None if it does not exist."""
    if not directory.is_dir():
        return None
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_text("utf-8", "replace") for path in files}


def as_response(answer: Answer) -> dict[str, Any]:
    """The answer in the form of a recording: status, sorted headers without Date, and body or body_hex."""
    try:
        body = {"body": answer.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_hex": answer.body.hex()}
    headers = sorted([name, value] for name, value in answer.headers if name.lower() != "date")
    return {"status": answer.status, "headers": headers, **body}
