"""The linter: it reads files as a gateway of one version does, and reports what the gateway would not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

from mockserver.contract import behaviours, member_tables, members
from mockserver.contract.codecs import Codec, Malformed, ensure_id
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import spec_path
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.gateway.api_definition import Api
from mockserver.gateway.lint.api_checks import check_api, check_apis
from mockserver.gateway.lint.conf_checks import check_conf
from mockserver.gateway.lint.findings import Document, Finding, Findings
from mockserver.gateway.lint.inventory import ApiEntry, Inventory, PolicyEntry, SessionEntry
from mockserver.gateway.lint.kinds import kind_of
from mockserver.gateway.lint.members import MemberWalk, Vocabulary
from mockserver.gateway.lint.policy_checks import check_duplicates, check_policy
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.lint.session_checks import check_session
from mockserver.gateway.lint.source import Source
from mockserver.gateway.lint.syntax import report_syntax_error
from mockserver.golang.json_reader import Object
from mockserver.golang.scalars import Problems

_WHITE_SPACE = " \t\r\n"  # of JSON
_SCHEMAS = {
    Kind.POLICY: "Policy",
    Kind.RECORD: "Policy",
    Kind.SESSION: "SessionState",
    Kind.API: "ApiDefinition",
}


@dataclass(frozen=True)
class File:
    """A file to lint; without a kind, its name and content tell it."""

    name: str
    data: bytes
    kind: Kind | None = None


class Linter:
    """The linter of one version.

    Attributes:
        version: the version of the gateway.
        behaviours: the behaviours of that version.
    """

    def __init__(self, version: GatewayVersion, without: frozenset[str] = frozenset()) -> None:
        self.version = version
        self.behaviours = behaviours.load().of(version, without)
        self._contract = Contract.load(version)
        self._vocabularies: dict[Kind, Vocabulary] = {}

    def lint(self, files: Iterable[File], now: float | None = None) -> list[Finding]:
        """The findings of files that one gateway is given, by file and line.

        Files are linted beside each other: rights with the API definitions, sessions with the policies.
        """
        run = _Run(self, Findings(self.behaviours, str(self.version)))
        for file in files:
            run.read(file)
        run.check(time.time() if now is None else now)
        places = {name: place for place, name in enumerate(run.names)}
        return sorted(run.findings, key=lambda finding: (places[finding.file], finding.line, finding.column))

    def codec(self, kind: Kind) -> Codec:
        """The codec of the documents of a kind; a configuration has a table in place of a schema."""
        if kind is Kind.CONF:
            return Codec(member_tables.load(member_tables.CONFIG_KEYS).type_in(self.version))
        return Codec.of(self._contract, _SCHEMAS[kind])

    def vocabulary(self, kind: Kind) -> Vocabulary:
        """What is known of the members of documents of a kind."""
        if kind not in self._vocabularies:
            self._vocabularies[kind] = self._make_vocabulary(kind)
        return self._vocabularies[kind]

    def _make_vocabulary(self, kind: Kind) -> Vocabulary:
        kind_of_go = self.codec(kind).type
        if kind in (Kind.CONF, Kind.API):
            name = member_tables.CONFIG_KEYS if kind is Kind.CONF else member_tables.DEFINITION_MEMBERS
            table = member_tables.load(name)
            elsewhere = {path: span for path, span in table.spans.items() if self.version not in span}
            return Vocabulary(kind_of_go, table, elsewhere, frozenset())
        dashboard = self._dashboard_members if _SCHEMAS[kind] == "Policy" else frozenset()
        return Vocabulary(kind_of_go, None, self._members_elsewhere, dashboard - set(kind_of_go.by_name))

    @cached_property
    def _members_elsewhere(self) -> dict[str, Span]:
        """The members of other versions alone, by name."""
        return {
            member.name: member.span
            for member in members.load(spec_path("gateway"))
            if self.version not in member.span
        }

    @cached_property
    def _dashboard_members(self) -> frozenset[str]:
        """The names of the members that the Dashboard's policies have at the top."""
        found = members.load(spec_path("dashboard"))
        return frozenset(member.name for member in found if member.schema == "Policy")


class _Run:
    """One run of the linter over files."""

    def __init__(self, linter: Linter, findings: Findings) -> None:
        self.findings = findings
        self.names: dict[str, None] = {}
        self._linter = linter
        self._policies: list[PolicyEntry] = []
        self._sessions: list[SessionEntry] = []
        self._apis: list[ApiEntry] = []
        self._allows_any_id = False

    def read(self, file: File) -> None:
        """Read a file and report what is wrong with its form."""
        self.names[file.name] = None
        source = Source(file.name, file.data)
        kind = file.kind or kind_of(file.name, source.node)
        if source.error is not None:
            report_syntax_error(self.findings, source, kind)
            return
        if kind is not Kind.DASHBOARD_CONF:
            self._readers[kind](self, source)
        if source.rest.strip(_WHITE_SPACE):
            position = len(source.text) - len(source.rest.lstrip(_WHITE_SPACE))
            self.findings.add("trailing-data", source, kind, position, "more follows the first JSON value")

    def check(self, now: float) -> None:
        """Report what is odd in the documents beside each other."""
        inventory = Inventory(
            now, tuple(self._policies), tuple(self._sessions), tuple(self._apis), self._allows_any_id
        )
        for policy in inventory.policies:
            check_policy(policy, inventory)
        for session in inventory.sessions:
            check_session(session, inventory)
        for api in inventory.apis:
            check_api(api, inventory)
        in_directories = [entry for entry in inventory.policies if entry.document.kind is Kind.POLICY]
        check_duplicates(
            in_directories, by_organisation="organisations-keep-apart" in self.findings.behaviours
        )
        check_apis(inventory.apis)

    def _document(
        self, source: Source, kind: Kind, node: Any, steps: tuple[int, ...], subject: str
    ) -> Document:
        """A document, after its members have been linted."""
        document = Document(self.findings, source, kind, node, steps, subject)
        MemberWalk(document, self._linter.vocabulary(kind)).run()
        return document

    def _decoded(self, document: Document) -> dict[str, Any]:
        members: dict[str, Any] = self._linter.vocabulary(document.kind).type.decode(
            document.node, self._linter.vocabulary(document.kind).type.fresh(), Problems()
        )
        return members

    def _read_policy(self, source: Source) -> None:
        subject = f"policy {PurePath(source.name).stem}"
        document = self._document(source, Kind.POLICY, source.node, (), subject)
        if source.node is not None and not isinstance(source.node, Object):
            return
        members = self._decoded(document)
        if "nameless-file-is-dropped" in self.findings.behaviours:
            ensure_id(members)
        self._policies.append(PolicyEntry(members["id"], members, document))

    def _read_record(self, source: Source) -> None:
        if not isinstance(source.node, Object):
            if source.node is not None:
                message = "a record file must be an object of policies by id"
                self.findings.add("wrong-type", source, Kind.RECORD, 0, message, hint="correct the file")
            return
        seen = set()
        for index, (key, node) in enumerate(source.node):
            document = self._document(source, Kind.RECORD, node, (index,), f"policy {key}")
            if key in seen:
                document.report("duplicate-member", (), f"the key {str(key)!r} is there twice")
            seen.add(key)
            if isinstance(node, Object):
                self._policies.append(PolicyEntry(str(key), self._decoded(document), document))
            elif node is None:
                document.report("null-policy", (), "the policy is null")

    def _read_sessions(self, source: Source) -> None:
        for node, steps, subject in _sessions(
            source.node, self._linter.vocabulary(Kind.SESSION).type.by_name
        ):
            document = self._document(source, Kind.SESSION, node, steps, subject)
            if isinstance(node, Object):
                self._sessions.append(SessionEntry(self._decoded(document), document))

    def _read_api(self, source: Source) -> None:
        document = self._document(source, Kind.API, source.node, (), f"API {PurePath(source.name).stem}")
        try:
            api = Api.decode(self._linter.codec(Kind.API), source.data)
        except Malformed:  # reported by the walk through its members
            return
        self._apis.append(ApiEntry(api, document))

    def _read_conf(self, source: Source) -> None:
        document = self._document(source, Kind.CONF, source.node, (), "")
        if isinstance(source.node, Object):
            conf = self._decoded(document)
            self._allows_any_id = self._allows_any_id or bool(conf.get("allow_unsafe_policy_ids"))
            check_conf(document, conf)

    _readers = {
        Kind.POLICY: _read_policy, Kind.RECORD: _read_record, Kind.SESSION: _read_sessions,
        Kind.API: _read_api, Kind.CONF: _read_conf,
    }  # fmt: skip


def _sessions(node: Any, known: Iterable[str]) -> Iterator[tuple[Any, tuple[int, ...], str]]:
    """The nodes of sessions with their steps and names: one session, a list, or sessions by key.

    A session may be in the `data` of what a Dashboard answers.
    """
    if isinstance(node, Object) and not {name for name, _ in node} & {*known, "data"}:
        entries = [(item, (index,), f"session {_hidden(name)}") for index, (name, item) in enumerate(node)]
    elif isinstance(node, list) and not isinstance(node, Object):
        entries = [(item, (index,), f"session {index + 1}") for index, item in enumerate(node)]
    else:
        entries = [(node, (), "session")]
    for entry, steps, subject in entries:
        inner = (
            [index for index, (name, _) in enumerate(entry) if name == "data"]
            if isinstance(entry, Object)
            else []
        )
        if inner and isinstance(entry[inner[-1]][1], Object):
            yield entry[inner[-1]][1], (*steps, inner[-1]), subject
        else:
            yield entry, steps, subject


def _hidden(key: str) -> str:
    """The beginning of a key, which is a secret."""
    return f"{key[:4]}..." if len(key) > 8 else "..."
