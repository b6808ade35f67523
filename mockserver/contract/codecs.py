"""Codecs: documents of one schema, read from JSON and written to it by Go's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.golang import json_reader, json_writer
from mockserver.golang.scalars import Problems
from mockserver.golang.structs import Struct


class Malformed(ValueError):
    """Text that Go does not decode into a document; `reasons` lists the causes."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Codec:
    """A reader and writer of one schema's documents, in the version of its contract.

    A decoded document is a dict of all members of the schema, in the order in which they are written.

    Attributes:
        type: the Go struct that the schema describes.
    """

    type: Struct

    @classmethod
    def of(cls, contract: Contract, schema: str) -> Codec:
        """The codec of a schema of a contract, by its name: "Policy", "SessionState", "ApiDefinition"."""
        struct = contract.type_of(schema)
        assert isinstance(struct, Struct)
        return cls(struct)

    def decode(self, body: bytes, *, whole: bool = False) -> dict[str, Any]:
        """Decode the first JSON value of a body, as json.Decoder does.

        With `whole` only white space may follow that value, as json.Unmarshal requires.

        Raises:
            Malformed: the body is not JSON, a member has a wrong type, or more follows.
        """
        document, reasons, rest = self._read(body)
        if reasons:
            raise Malformed(reasons)
        if whole and rest.strip(json_reader.WHITE_SPACE):
            raise Malformed(["more follows the document"])
        return document

    def decode_leniently(self, body: bytes) -> tuple[dict[str, Any], list[str]]:
        """Decode as many members as possible, as the loader of policy files does.

        Returns the document and the reasons why members are missing. Source: gateway/policy.go:101 @v5.12.0.
        """
        document, reasons, _ = self._read(body)
        return document, reasons

    def decode_node(self, node: Any) -> tuple[dict[str, Any], list[str]]:
        """Decode a node of `json_reader` leniently; the result is that of `decode_leniently`."""
        problems = Problems()
        return self.type.decode(node, self.type.fresh(), problems), problems.messages

    def encode(self, document: Mapping[str, Any]) -> str:
        """The text of a document in a response."""
        return json_writer.write(self.type.output(document))

    def file_text(self, document: Mapping[str, Any]) -> str:
        """The text of a document in its file: indented by two spaces, without a final newline."""
        return json_writer.write(self.type.output(document), indent="  ")

    def _read(self, body: bytes) -> tuple[dict[str, Any], list[str], str]:
        try:
            node, rest = json_reader.read(body)
        except json_reader.JSONSyntaxError as error:
            return self.type.fresh(), [str(error)], ""
        return *self.decode_node(node), rest


def policy_ids(codec: Codec) -> Codec:
    """A codec that reads the two ids of a policy and none of its other members."""
    return Codec(Struct([field for field in codec.type.fields if field.name in ("id", "_id")], [], []))


def ensure_id(policy: dict[str, Any]) -> bool:
    """Fill an empty id from a valid _id. True if the policy has an id afterwards.

    Source: internal/model/policies.go:220 @v5.12.0.
    """
    policy["id"] = policy["id"] or policy["_id"]
    return bool(policy["id"])
