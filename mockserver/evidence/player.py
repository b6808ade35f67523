"""Steps of a scenario, played on a gateway: requests, and files in its working directory."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from mockserver.evidence.recording import Step
from mockserver.http.client import Answer, Client, ClientError

RELOAD = "/tyk/reload?block=true"
BASE: dict[str, Any] = {
    "policies.policy_path": "${DIR}/policies",
    "app_path": "${DIR}/apps",
    "liveness_check.check_duration": 1_000_000_000,
    "enable_hashed_keys_listing": True,
}  # the configuration that every scenario's own differs from


class Player:
    """One scenario under way: the client, the folder, and what was captured of answers.

    `upstream` is the URL that stands for ${UPSTREAM}.
    """

    def __init__(self, client: Client, folder: Path, secret: str, upstream: str) -> None:
        self._client = client
        self._folder = folder
        self._captured = {"SECRET": secret, "UPSTREAM": upstream}

    def send(self, step: Step) -> Answer | None:
        """Send a step's request; None where the connection broke instead of an answer."""
        request = step["request"]
        headers = [(name, self._filled(value)) for name, value in request["headers"]]
        body = None
        if "body_hex" in request:
            body = bytes.fromhex(request["body_hex"])
        elif "body" in request:
            body = self._filled(request["body"]).encode("utf-8", "surrogatepass")
        target = self._filled(request["target"])
        self._client.close()  # recordings have a connection for each request
        try:
            answer = self._client.send(request["method"], target, headers, body, host="gateway.test")
        except ClientError:
            return None
        for name, member in step.get("capture", {}).items():
            self._captured[name] = json.loads(answer.body).get(member, "")
        return answer

    def change_files(self, step: Step) -> None:
        """Write or remove what the step says."""
        if "write" in step:
            path = self._folder / step["write"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                bytes.fromhex(step["hex"]) if "hex" in step else self._filled(step["text"]).encode()
            )
            return
        path = self._folder / step["remove"]
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda m: self._captured.get(m[1], m[0]), text)


def placed(value: Any, folder: str) -> Any:
    """A configuration's value with the working directory in its place."""
    return value.replace("${DIR}", folder) if isinstance(value, str) else value


def files_below(folder: Path) -> dict[str, str] | None:
    """Texts by relative name; None where there is no such folder."""
    if not folder.is_dir():
        return None
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): p.read_text("utf-8", "replace") for p in files}


def as_response(answer: Answer) -> dict[str, Any]:
    """An answer in the form of a recording: sorted headers without the date."""
    try:
        body = {"body": answer.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_hex": answer.body.hex()}
    headers = sorted([name, value] for name, value in answer.headers if name.lower() != "date")
    return {"status": answer.status, "headers": headers, **body}
