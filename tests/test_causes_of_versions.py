"""The causes that detectors see in the version of a service, on made-up exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from made_up_exchanges import Exchanges, failed, made_up_exchanges, told

from contract_tests.engine.diagnosis import version
from contract_tests.gateway.service import GATEWAY
from mockserver.contract.spec_files import default_version, known_versions


@pytest.fixture(scope="module", name="exchanges")
def _exchanges() -> Iterator[Exchanges]:
    with made_up_exchanges() as exchanges:
        yield exchanges


def _lacking_in(lines: Sequence[str]) -> list[str]:
    """The behaviours of the default version that gateways of all these versions lack."""
    versions = [known_versions(GATEWAY.folder)[line] for line in lines]
    rows = [row for row in GATEWAY.behaviours.values() if row.holds_for(default_version())]
    return [row.id for row in rows if not any(map(row.holds_for, versions))]


def test_another_version_is_seen(exchanges: Exchanges) -> None:
    """Failures of behaviours that another version lacks tell that version, if the others do not speak against it."""
    here = default_version()
    newer = [
        row.id for row in GATEWAY.behaviours.values() if row.holds_for(here) and str(row.spans[0]) != "all"
    ]
    failures = [failed(exchanges.of(), name) for name in newer]
    causes = told(version.version(exchanges.evidence([], *failures)))
    assert len(causes) == 1
    assert causes[0][0] == "wrong-version"
    assert f"is judged as {here[0]}.{here[1]}" in causes[0][1]
    lines = [line for line, known in known_versions(GATEWAY.folder).items() if known[:2] < here[:2]]
    for line in lines[:1] + lines[-1:]:
        since = exchanges.evidence([], *(failed(exchanges.of(), name) for name in _lacking_in(lines)))
        found = told(version.version(replace(since, run=replace(since.run, told=f"{line}.0"))))
        assert found[0][1].startswith(f"The gateway answers like {line}, ")
        assert f"/hello says {line}.0" in found[0][1]
    contradicted = exchanges.evidence([], failures[0], passed=frozenset(newer[1:]))
    assert told(version.version(contradicted)) == []


def test_several_versions_are_seen(exchanges: Exchanges) -> None:
    """Answers to the probe with different versions tell of several gateways, and equal ones of none."""
    told_ = [exchanges.of(target="/hello", text=f'{{"version":"{told}"}}') for told in ("5.12.0", "5.8.15")]
    (cause,) = version.versions(exchanges.evidence(told_))
    assert cause.summary.startswith("/hello tells 2 versions, 5.12.0, 5.8.15: several gateways")
    assert told(version.versions(exchanges.evidence([told_[0]] * 2))) == []
