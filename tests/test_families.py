"""A group of operations that a server lacks as a whole is not judged; a single missing operation is a failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import verify

from mockserver import MockGateway
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.contract.spec_files import default_version

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "families-secret"
CORE = ("/hello", "/ready", "/tyk/policies", "/tyk/reload", "/tyk/keys")


@contextmanager
def _without(monkeypatch: pytest.MonkeyPatch, lacks: Callable[[Operation], bool]) -> Iterator[str]:
    """The URL of a mock that lacks some operations."""
    known = {each.id for each in Contract.load(default_version()).operations.values() if not lacks(each)}
    with MockGateway(secret=SECRET) as gateway:
        kept = [each for each in gateway._server.dispatcher.endpoints if each.operation.id in known]
        monkeypatch.setattr(gateway._server.dispatcher, "_routes", Routes(kept))
        yield gateway.url


def test_what_is_not_there_at_all_is_not_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server of policies and keys alone conforms, and the report names the rest."""
    groups = ("apis", "cache", "certs", "debug", "health", "mcps", "oauth", "org", "schema")
    lacking = [f"/tyk/{group}" for group in groups]
    path, page = tmp_path / "report.json", tmp_path / "report.html"
    with _without(monkeypatch, lambda each: not each.path.startswith(CORE)) as url:
        done = verify(url, "--report", path, "--report", page, TYK_GW_SECRET=SECRET)
    report = json.loads(path.read_text())
    verdicts = {verdict["behaviour"]: verdict for verdict in report["verdicts"]}
    assert done.returncode == 0, done.stdout
    for text in (done.stdout, page.read_text()):
        assert f"not judged, for the gateway has nothing of the kind: {', '.join(lacking)}" in text
    assert report["not_offered"] == lacking
    assert verdicts["quotas-hold"]["reason"].startswith("the gateway has no /tyk/apis")
    for judged in ("update-needs-reload", "deleted-key-is-gone", "answers-conform-to-spec"):
        assert verdicts[judged]["status"] == "passed"


def test_one_operation_that_is_missing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has the others of its kind should have it."""
    with _without(monkeypatch, lambda each: each.id == "updateKey") as url:
        done = verify(url, "--quick", TYK_GW_SECRET=SECRET)
    assert done.returncode == 1
    assert done.stdout.startswith("PUT /tyk/keys/{keyID} always answers 405")
    assert "nothing of the kind" not in done.stdout
