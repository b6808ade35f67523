"""Readings of files: their documents, and what is wrong with their form."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import Any

from mockserver.contract.codecs import Malformed, ensure_id
from mockserver.gateway.api_definition import Api
from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.findings import Document, Finding, Findings
from mockserver.gateway.lint.inventory import ApiEntry, PolicyEntry, SessionEntry
from mockserver.gateway.lint.kinds import kind_of
from mockserver.gateway.lint.members import MemberWalk
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.lint.source import Source
from mockserver.gateway.lint.syntax import report_syntax_error
from mockserver.gateway.lint.vocabularies import Vocabularies
from mockserver.golang import json_reader
from mockserver.golang.json_reader import Object

UNREAD_SUFFIXES = {".yaml", ".yml", ".json5", ".jsonc"}
LARGE = 5 << 20  # bytes of a file that slows each reload


class Reading:
    """One file that was read.

    Attributes:
        file: the file.
        policies, sessions, apis, conf: its documents.
        form: the findings of its form, which other files do not change.
        findings: where the findings of its documents go.
    """

    def __init__(self, file: File, vocabularies: Vocabularies) -> None:
        self.file = file
        self.policies: list[PolicyEntry] = []
        self.sessions: list[SessionEntry] = []
        self.apis: list[ApiEntry] = []
        self.conf: tuple[Document, dict[str, Any]] | None = None
        self.findings = Findings(vocabularies.behaviours, str(vocabularies.version))
        self._vocabularies = vocabularies
        self._read()
        self.form: tuple[Finding, ...] = tuple(self.findings.take())

    def _read(self) -> None:
        source = Source(self.file.name, self.file.data)
        kind = self.file.kind or kind_of(self.file.name, source.node)
        if (suffix := PurePath(self.file.name).suffix) in UNREAD_SUFFIXES:
            self.findings.add("unread-file", source, kind, 0, f"the file is *{suffix}")
            return
        if source.error is not None:
            report_syntax_error(self.findings, source, kind)
            return
        _READERS[kind](self, source)
        if len(self.file.data) > LARGE:
            size = f"the file has {len(self.file.data) / (1 << 20):.1f} MiB"
            self.findings.add("large-file", source, kind, 0, size)
        if source.rest.strip(json_reader.WHITE_SPACE):
            position = len(source.text) - len(source.rest.lstrip(json_reader.WHITE_SPACE))
            self.findings.add("trailing-data", source, kind, position, "more follows the first JSON value")
        if source.wrong_byte is not None:
            message = "the text has bytes that are not UTF-8"
            self.findings.add("not-utf-8", source, kind, source.wrong_byte, message)

    def read_policy(self, source: Source) -> None:
        """Read the policy of a file in a directory."""
        if isinstance(source.node, list) and not isinstance(source.node, Object):
            message = f"the file is an array of {len(source.node)}, must be one policy"
            self.findings.add("list-of-policies", source, Kind.POLICY, 0, message)
            return
        members = self._decoded(Kind.POLICY, source.node)
        if "nameless-file-is-dropped" in self.findings.behaviours:
            ensure_id(members)
        subject = f"policy {members['id'] or PurePath(source.name).stem}"
        document = self._document(source, Kind.POLICY, source.node, (), subject)
        if source.node is None or isinstance(source.node, Object):
            self.policies.append(PolicyEntry(members["id"], members, document))

    def read_record(self, source: Source) -> None:
        """Read the policies of a record file."""
        if source.node is None:
            return
        if not isinstance(source.node, Object):
            values = {"hint": "write an object of policies by id"}
            self.findings.add(
                "wrong-type", source, Kind.RECORD, 0, "a record file must be an object", values=values
            )
            return
        seen = set()
        for index, (key, node) in enumerate(source.node):
            document = self._document(source, Kind.RECORD, node, (index,), f"policy {key}")
            if key in seen:
                document.report("duplicate-member", (), f"the key {str(key)!r} is there twice", how="")
            seen.add(key)
            if isinstance(node, Object):
                self.policies.append(PolicyEntry(str(key), self._decoded(document.kind, node), document))
            elif node is None:
                document.report("null-policy", (), "the policy is null")

    def read_sessions(self, source: Source) -> None:
        """Read the sessions of a file."""
        known = self._vocabularies[Kind.SESSION].type.by_name
        for node, steps, subject in _sessions(source.node, known):
            document = self._document(source, Kind.SESSION, node, steps, subject)
            if isinstance(node, Object):
                self.sessions.append(SessionEntry(self._decoded(document.kind, node), document))

    def read_api(self, source: Source) -> None:
        """Read the API definition of a file."""
        name = self._decoded(Kind.API, source.node)["api_id"] or PurePath(source.name).stem
        document = self._document(source, Kind.API, source.node, (), f"API {name}")
        with contextlib.suppress(Malformed):  # which the walk through its members has reported
            api = Api.decode(self._vocabularies[Kind.API].codec, source.data)
            self.apis.append(ApiEntry(api, document))

    def read_conf(self, source: Source) -> None:
        """Read the configuration of a gateway."""
        document = self._document(source, Kind.CONF, source.node, (), "")
        if isinstance(source.node, Object):
            self.conf = document, self._decoded(Kind.CONF, source.node)

    def read_dashboard_conf(self, source: Source) -> None:
        """Read the configuration of a Dashboard."""
        self._document(source, Kind.DASHBOARD_CONF, source.node, (), "")

    def _document(
        self, source: Source, kind: Kind, node: Any, steps: tuple[int, ...], subject: str
    ) -> Document:
        """A document, after its members have been linted."""
        document = Document(self.findings, source, kind, node, steps, subject)
        MemberWalk(document, self._vocabularies[kind]).run()
        return document

    def _decoded(self, kind: Kind, node: Any) -> dict[str, Any]:
        members, _ = self._vocabularies[kind].codec.decode_node(node)
        return members


_READERS: dict[Kind, Callable[[Reading, Source], None]] = {
    Kind.POLICY: Reading.read_policy,
    Kind.RECORD: Reading.read_record,
    Kind.SESSION: Reading.read_sessions,
    Kind.API: Reading.read_api,
    Kind.CONF: Reading.read_conf,
    Kind.DASHBOARD_CONF: Reading.read_dashboard_conf,
}


def _sessions(node: Any, known: Iterable[str]) -> Iterator[tuple[Any, tuple[int, ...], str]]:
    """The nodes of sessions with their steps and names: one session, a list, or sessions by key.

    A session may be in the `data` of what a Dashboard answers.
    """
    entries: list[tuple[Any, tuple[int, ...], str]]
    has_members = isinstance(node, Object) and {name for name, _ in node} & {*known, "data"}
    if isinstance(node, Object) and not has_members and all(isinstance(item, Object) for _, item in node):
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
