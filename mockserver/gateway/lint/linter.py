"""The linter: it reads files as a gateway of one version does, and reports what the gateway would not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.lint.api_checks import check_api, check_apis
from mockserver.gateway.lint.conf_checks import check_conf
from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.findings import Finding
from mockserver.gateway.lint.inventory import Inventory, PolicyEntry
from mockserver.gateway.lint.policy_checks import check_duplicates, check_policy
from mockserver.gateway.lint.reading import Reading
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.lint.session_checks import check_session
from mockserver.gateway.lint.vocabularies import Vocabularies
from mockserver.gateway.policy_store import PolicyStore
from mockserver.golang import regexps
from mockserver.storage.files import MemoryFiles


class Linter:
    """The linter of one version."""

    def __init__(self, version: GatewayVersion) -> None:
        self._vocabularies = Vocabularies.of(version)

    def lint(self, files: Iterable[File], now: float | None = None) -> list[Finding]:
        """The findings of files that one gateway is given, in the order of the files and their lines.

        The files are linted beside each other: rights with the API definitions, sessions with the policies.
        `now` is the time in seconds since the epoch, by default that of the system.

        Raises:
            TooMuchWork: they have too many, or too long, regular expressions.
        """
        return self.judge([self.read(file) for file in files], time.time() if now is None else now)

    def read(self, file: File) -> Reading:
        """A file, which may be judged several times beside other files."""
        return Reading(file, self._vocabularies)

    def judge(self, readings: Sequence[Reading], now: float, *, allows_any_id: bool = False) -> list[Finding]:
        """The findings of files that were read; `allows_any_id` is the setting allow_unsafe_policy_ids.

        Raises:
            TooMuchWork: they have too many, or too long, regular expressions.
        """
        with regexps.allowance():
            return self._judged(readings, now, allows_any_id=allows_any_id)

    def _judged(self, readings: Sequence[Reading], now: float, *, allows_any_id: bool) -> list[Finding]:
        confs = [reading.conf for reading in readings if reading.conf is not None]
        policies = [entry for reading in readings for entry in reading.policies]
        sessions = [entry for reading in readings for entry in reading.sessions]
        inventory = Inventory(
            now,
            tuple(policies),
            tuple(sessions),
            tuple(entry for reading in readings for entry in reading.apis),
            allows_any_id or any(conf.get("allow_unsafe_policy_ids") for _, conf in confs),
            any(conf["allow_master_keys"] for _, conf in confs),
            self._store(policies) if policies and sessions else None,
        )
        for policy in inventory.policies:
            check_policy(policy, inventory)
        for session in inventory.sessions:
            check_session(session, inventory, self._vocabularies[Kind.SESSION].codec)
        for api in inventory.apis:
            check_api(api, inventory)
        for document, conf in confs:
            check_conf(document, conf)
        apart = "organisations-keep-apart" in self._vocabularies.behaviours
        in_directory = [entry for entry in inventory.policies if entry.document.kind is Kind.POLICY]
        check_duplicates(in_directory, by_organisation=apart)
        check_apis(inventory.apis)
        return [finding for reading in readings for finding in _sorted(reading)]

    def _store(self, policies: Iterable[PolicyEntry]) -> PolicyStore:
        """The policies as a gateway has loaded them."""
        codec, behaviours = self._vocabularies[Kind.POLICY].codec, self._vocabularies.behaviours
        store = PolicyStore(codec, MemoryFiles(), behaviours=behaviours)
        store.load({**entry.members, "id": entry.id} for entry in policies)
        return store


def _sorted(reading: Reading) -> list[Finding]:
    """All findings of a file by line and column, without those that only follow from a wrong type."""
    unread = {(found.subject, found.member) for found in reading.form if found.rule == "wrong-type"}
    judged = [found for found in reading.findings.take() if (found.subject, found.member) not in unread]
    findings = [*reading.form, *judged]
    return sorted(findings, key=lambda finding: (finding.line, finding.column))
