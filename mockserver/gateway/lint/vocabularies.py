"""What is known of the members of documents of each kind, in one version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from mockserver.contract import behaviours, member_tables, members
from mockserver.contract.codecs import Codec
from mockserver.contract.member_tables import MemberTable
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import spec_path
from mockserver.contract.versions import GatewayVersion, Span
from mockserver.gateway.dashboard_members import of_dashboard_alone
from mockserver.gateway.lint.rules import Kind
from mockserver.golang.structs import Struct

_SCHEMAS = {
    Kind.POLICY: "Policy",
    Kind.RECORD: "Policy",
    Kind.SESSION: "SessionState",
    Kind.API: "ApiDefinition",
}
_WITH_VERSIONS = ("Policy", "AccessDefinition", "SessionState")  # schemas of all versions
_TABLES = {
    Kind.API: member_tables.DEFINITION_MEMBERS,
    Kind.CONF: member_tables.CONFIG_KEYS,
    Kind.DASHBOARD_CONF: member_tables.DASHBOARD_KEYS,
}


@dataclass(frozen=True)
class Vocabulary:
    """What is known of the members of documents of one kind.

    Attributes:
        codec: reads the documents.
        table: all names, if the codec has only some of them; None if it has all.
        is_partial: True if there are members that the table has not.
        make_elsewhere, make_dashboard: make the two below, for which a large file must be read.
    """

    codec: Codec
    table: MemberTable | None
    make_elsewhere: Callable[[], Mapping[str, Span]]
    make_dashboard: Callable[[], frozenset[str]] = frozenset
    is_partial: bool = False

    @cached_property
    def elsewhere(self) -> Mapping[str, Span]:
        """The versions that have a member that this version has not, by name; by dotted name with a table."""
        return self.make_elsewhere()

    @cached_property
    def dashboard(self) -> frozenset[str]:
        """The names of members at the top that the Dashboard alone has."""
        return self.make_dashboard()

    @property
    def type(self) -> Struct:
        """The Go type of the documents."""
        return self.codec.type


class Vocabularies:
    """The vocabularies of one version, each made when it is first needed; `of` gives those of a version.

    Attributes:
        version: the version of the gateway.
        behaviours: the behaviours of that version.
    """

    def __init__(self, version: GatewayVersion) -> None:
        self.version = version
        self.behaviours = behaviours.load().of(version)
        self._of_kinds: dict[Kind, Vocabulary] = {}

    @classmethod
    @cache
    def of(cls, version: GatewayVersion) -> Vocabularies:
        """The vocabularies of a version, which are made once in a process."""
        return cls(version)

    def __getitem__(self, kind: Kind) -> Vocabulary:
        if kind not in self._of_kinds:
            self._of_kinds[kind] = self._with_table(kind) if kind in _TABLES else self._of_schema(kind)
        return self._of_kinds[kind]

    def _with_table(self, kind: Kind) -> Vocabulary:
        table = member_tables.load(_TABLES[kind])
        codec = self._codec(kind) if kind in _SCHEMAS else Codec(table.type_in(self.version))
        elsewhere = {path: span for path, span in table.spans.items() if self.version not in span}
        return Vocabulary(codec, table, lambda: elsewhere, is_partial=kind is Kind.DASHBOARD_CONF)

    def _of_schema(self, kind: Kind) -> Vocabulary:
        codec = self._codec(kind)
        if _SCHEMAS[kind] != "Policy":
            return Vocabulary(codec, None, self._elsewhere)
        return Vocabulary(codec, None, self._elsewhere, of_dashboard_alone)

    def _codec(self, kind: Kind) -> Codec:
        return Codec.of(Contract.load(self.version), _SCHEMAS[kind])

    def _elsewhere(self) -> dict[str, Span]:
        found = members.load(spec_path("gateway"))
        return {
            member.name: member.span
            for member in found
            if member.schema in _WITH_VERSIONS and self.version not in member.span
        }
