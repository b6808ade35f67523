"""The policy document of one version: decoded, encoded, and the rule for its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.golang import json_reader, json_writer
from mockserver.golang.scalars import Problems
from mockserver.golang.structs import Struct


class MalformedPolicy(ValueError):
    """A body that Go does not decode into a policy; `reasons` say why."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class PolicyCodec:
    """Reads and writes policies as a version's gateway does.

    A decoded policy is a dict of all its members, in the order they are written.
    """

    type: Struct

    @classmethod
    def of(cls, contract: Contract) -> PolicyCodec:
        """The codec that a contract's Policy schema describes."""
        struct = contract.type_of("Policy")
        assert isinstance(struct, Struct)
        return cls(struct)

    def of_ids(self) -> PolicyCodec:
        """One that reads a policy's ids and nothing else of it."""
        return PolicyCodec(Struct([each for each in self.type.fields if each.name in ("id", "_id")], [], []))

    def decode(self, body: bytes) -> dict[str, Any]:
        """Decode a request's body; what follows the first JSON value is not looked at.

        Raises:
            MalformedPolicy: it is no JSON, or a member is of a wrong type.
        """
        policy, reasons = self.decode_leniently(body)
        if reasons:
            raise MalformedPolicy(reasons)
        return policy

    def decode_leniently(self, body: bytes) -> tuple[dict[str, Any], list[str]]:
        """Decode as far as it goes, as the loader of files does (gateway/policy.go:101 @v5.12.0)."""
        try:
            node, _ = json_reader.read(body)
        except json_reader.JSONSyntaxError as error:
            return self.type.fresh(), [str(error)]
        return self.decode_node(node)

    def decode_node(self, node: Any) -> tuple[dict[str, Any], list[str]]:
        """Decode a node that was read already."""
        problems = Problems()
        return self.type.decode(node, self.type.fresh(), problems), problems.found

    def encode(self, policy: Mapping[str, Any]) -> str:
        """A policy as an answer holds it."""
        return json_writer.write(self.type.output(policy))

    def file_text(self, policy: Mapping[str, Any]) -> str:
        """A policy as its file holds it: two spaces of indent, no final newline."""
        return json_writer.write(self.type.output(policy), indent="  ")


def ensure_id(policy: dict[str, Any]) -> bool:
    """Fill an empty id from a valid _id; say whether there is an id now.

    Source: internal/model/policies.go:220 @v5.12.0.
    """
    policy["id"] = policy["id"] or policy["_id"]
    return bool(policy["id"])
