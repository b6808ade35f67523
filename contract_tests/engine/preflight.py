"""Before a run: is there a gateway, does it take the secret, which version is it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.engine.exchange import SECRET_HEADER
from contract_tests.engine.ownership import ours
from mockserver.contract.spec_files import SpecError, default_version, known_versions, select_version
from mockserver.contract.versions import GatewayVersion, VersionError
from mockserver.http.client import Answer, Client, ClientError, Header, Incomplete

USAGE, UNREACHABLE = 2, 3  # exit codes


class PreflightError(ValueError):
    """The run cannot begin; `code` is the exit code, the message one line for a person."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Found:
    """The version a gateway is judged as, how it was found out, and what earlier runs left there."""

    version: GatewayVersion
    source: str
    leftovers: int = 0


def look(url: str, secret: str, wanted: str, *, timeout: float = 10.0) -> Found:
    """Look at a gateway before judging it.

    Raises:
        PreflightError: it cannot be reached, is no gateway, refuses the secret, or says no version.
    """
    if not secret.isprintable():
        raise PreflightError("the secret holds a line break or another control character; mend it", USAGE)
    try:
        client = Client(url, timeout)
    except ValueError as error:
        raise PreflightError(str(error), USAGE) from error
    try:
        hello = _look_at(client, "/hello")
        bare = _look_at(client, "/tyk/policies")
        own = _look_at(client, "/tyk/policies", (SECRET_HEADER, secret))
    except ClientError as error:
        raise PreflightError(
            f"{url} cannot be judged: {error}; is a gateway running there?", UNREACHABLE
        ) from error
    finally:
        client.close()
    _must_be_gateway(url, hello, bare, own)
    if own.status == 403 and bare.status == 403:
        raise PreflightError(f"{url} refuses the secret; give it with --secret or in TYK_GW_SECRET", USAGE)
    listed = _json(own)
    left = len(ours(listed)) if isinstance(listed, list) else 0
    return replace(find_version(_json(hello), wanted), leftovers=left)


def find_version(hello: Any, wanted: str) -> Found:
    """The version that was asked for, or the one that /hello tells.

    Raises:
        PreflightError: there is no such version, or /hello says nothing that could be one.
    """
    if wanted != "auto":
        try:
            return Found(select_version(wanted), "as asked for")
        except SpecError as error:
            raise PreflightError(str(error), USAGE) from error
    told = hello.get("version") if isinstance(hello, dict) else None
    if not isinstance(told, str):
        return Found(default_version(), "/hello tells no version; judged by the default's rules")
    try:
        version = GatewayVersion.parse(told)
    except VersionError as error:
        lines = ", ".join(known_versions())
        raise PreflightError(
            f"/hello says version {told!r}, as a self-built gateway does, which means nothing; "
            f"say which it is with --gateway ({lines})",
            USAGE,
        ) from error
    releases = sorted(known_versions().values())
    if version < releases[0]._replace(patch=0):
        raise PreflightError(
            f"/hello says version {version}; the oldest that is described here is {releases[0]}",
            USAGE,
        )
    if version > releases[-1]._replace(patch=10**6):
        return Found(version, f"/hello says {version}, newer than all known; judged by the newest rules")
    return Found(version, f"/hello says {version}")


def embedded(wanted: str) -> Found:
    """The version of a mock that the run starts itself.

    Raises:
        PreflightError: there is no such version.
    """
    if wanted == "auto":
        return Found(default_version(), "the mock's default")
    return find_version(None, wanted)


def _look_at(client: Client, target: str, *headers: Header) -> Answer:
    """An answer, or what came of one: a body of a wrong length is for the run to judge."""
    try:
        return client.send("GET", target, headers)
    except Incomplete as error:
        if not error.answer.body:
            raise
        return error.answer


def _must_be_gateway(url: str, hello: Answer, bare: Answer, own: Answer) -> None:
    """One sign of a gateway is enough, so that a faulty one is judged and not sent away."""
    greeting, refusal = _json(hello), _json(bare)
    signs = (
        isinstance(greeting, dict) and {"status", "version"} <= greeting.keys(),
        isinstance(refusal, dict) and {"status", "message"} <= refusal.keys(),
        own.status == 200 and isinstance(_json(own), list),
    )
    if not any(signs):
        kind = hello.get("Content-Type") or "no content type"
        raise PreflightError(
            f"{url} is no Tyk gateway: GET /hello answers {hello.status} with {kind}; "
            "check the URL and the port",
            UNREACHABLE,
        )


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
