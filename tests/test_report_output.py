"""What `tyk-contract verify` writes where, and what it tells of requests that were sent again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from serving import verify

from mockserver import MockGateway
from mockserver.http.messages import DropConnection

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "output-secret"


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


def test_an_unknown_extension_needs_a_format(gateway: MockGateway, tmp_path: Path) -> None:
    """A file whose extension names no format is refused before the run, unless --report-format names one."""
    report = tmp_path / "results.junit"
    refused = verify(gateway.url, "--report", report, TYK_GW_SECRET=SECRET)
    assert refused.returncode == 2
    assert "no report has the extension '.junit'; use one of" in refused.stderr
    assert len(gateway.journal) == 0
    flags = ("--report", report, "--report-format", "junit", "--only", "id-*")
    assert verify(gateway.url, *flags, TYK_GW_SECRET=SECRET).returncode == 0
    assert ElementTree.parse(report).getroot().tag == "testsuites"


@pytest.mark.parametrize(("flags", "start"), [((), "{"), (("--report-format", "junit"), "<?xml ")])
def test_standard_output_is_the_report_alone(
    gateway: MockGateway, flags: tuple[str, ...], start: str
) -> None:
    """With --report - standard output has the report and no more, and the text for people goes to standard error."""
    done = verify(gateway.url, "--only", "id-*", "--report", "-", *flags, TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(start)
    if flags:
        ElementTree.fromstring(done.stdout)
    else:
        assert json.loads(done.stdout)["status"] == "conforms-as-far-as-judged"
    assert "conforms as far as judged (" in done.stderr


def test_a_retried_request_is_told(gateway: MockGateway) -> None:
    """A request that was sent again, since its kept connection was closed instead of an answer, is told."""
    left = iter([True])
    gateway.fault("getReady", delay=0.001, times=0)  # so that faults are asked for
    take = gateway.mock.faults.take

    def drop(operation: str, received: Any = None) -> object:
        if operation == "reload" and next(left, False):
            raise DropConnection
        return take(operation, received)

    gateway.mock.faults.take = drop  # type: ignore[method-assign,assignment]
    done = verify(gateway.url, "--only", "deletePolicy", TYK_GW_SECRET=SECRET)
    assert "retried  1 requests whose connection was closed instead: GET /tyk/reload" in done.stdout
