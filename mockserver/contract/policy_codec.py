"""The policy codec under its earlier name; use `mockserver.contract.codecs` instead."""

from __future__ import annotations

from mockserver.contract.codecs import Codec, Malformed, policy_ids
from mockserver.contract.openapi import Contract

MalformedPolicy = Malformed


class PolicyCodec(Codec):
    """A codec of policies."""

    @classmethod
    def of(cls, contract: Contract, schema: str = "Policy") -> PolicyCodec:
        """The codec of the Policy schema of a contract."""
        return cls(Codec.of(contract, schema).type)

    def of_ids(self) -> PolicyCodec:
        """A codec that reads the two ids of a policy and none of its other members."""
        return PolicyCodec(policy_ids(self).type)
