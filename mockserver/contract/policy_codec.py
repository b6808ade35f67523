"""Decoding and encoding of the policies of one version, and the rule for their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contract.openapi import Contract
from mockserver.golang import json_reader, json_writer
from mockserver.golang.scalars import Problems
from mockserver.golang.structs import Struct


class MalformedPolicy(ValueError):
    """A body that Go cannot decode into a policy; `reasons` has a message for each error."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class PolicyCodec:
    """A codec that reads and writes policies as the gateway of a version does.

    A decoded policy is a dict of all its members, in the order in which they are written.
    """

    type: Struct

    @classmethod
    def of(cls, contract: Contract) -> PolicyCodec:
        """The codec of the Policy schema of a contract."""
        struct = contract.type_of("Policy")
        assert isinstance(struct, Struct)
        return cls(struct)

    def of_ids(self) -> PolicyCodec:
        """A codec that reads only the ids of a policy."""
        ids = [field for field in self.type.fields if field.name in ("id", "_id")]
        return PolicyCodec(Struct(ids, [], []))

    def decode(self, body: bytes) -> dict[str, Any]:
        """Decode the body of a request; all that follows the first JSON value is ignored.

        Raises:
            MalformedPolicy: the body is not valid JSON, or a member has a wrong type.
        """
        policy, reasons = self.decode_leniently(body)
        if reasons:
            raise MalformedPolicy(reasons)
        return policy

    def decode_leniently(self, body: bytes) -> tuple[dict[str, Any], list[str]]:
        """Decode a policy as the loader of files does (gateway/policy.go:101 @v5.12.0).

        The result is the policy, with zero values for members that cannot be decoded, and the errors.
        """
        try:
            node, _ = json_reader.read(body)
        except json_reader.JSONSyntaxError as error:
            return self.type.fresh(), [str(error)]
        return self.decode_node(node)

    def decode_node(self, node: Any) -> tuple[dict[str, Any], list[str]]:
        """Decode a JSON node into a policy and a list of errors."""
        problems = Problems()
        return self.type.decode(node, self.type.fresh(), problems), problems.found

    def encode(self, policy: Mapping[str, Any]) -> str:
        """The JSON of a policy in a response."""
        return json_writer.write(self.type.output(policy))

    def file_text(self, policy: Mapping[str, Any]) -> str:
        """The JSON of a policy in its file: indented by two spaces, without a final newline."""
        return json_writer.write(self.type.output(policy), indent="  ")


def ensure_id(policy: dict[str, Any]) -> bool:
    """Fill an empty id from the _id; returns True if the policy then has an id.

    Source: internal/model/policies.go:220 @v5.12.0.
    """
    policy["id"] = policy["id"] or policy["_id"]
    return bool(policy["id"])
