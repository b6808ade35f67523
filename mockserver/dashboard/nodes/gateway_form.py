"""Policies in the form of a gateway: what a gateway of one version keeps of a Dashboard's document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.contract.codecs import Codec, ensure_id
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.nodes.nodes import PolicyName, name_of


class GatewayForm:
    """The form of policies in a gateway of one version.

    A gateway decodes a policy, drops the members that it does not know, and fills others with zero values. So
    a Dashboard's document and a gateway's answer are both decoded as that gateway does it and written again:
    neither the order of members nor a default makes them differ.
    """

    def __init__(self, version: GatewayVersion) -> None:
        self._codec = Codec.of(Contract.load(version), "Policy")

    def digests(self, documents: Iterable[Mapping[str, Any]]) -> dict[PolicyName, str]:
        """The digests of policies in this form, by name; of two with one name the last counts."""
        digests = {}
        for document in documents:
            policy, _ = self._codec.decode_leniently(json.dumps(document).encode())
            ensure_id(policy)
            text = self._codec.encode(policy).encode("utf-8", "surrogateescape")
            digests[name_of(policy)] = hashlib.sha256(text).hexdigest()[:16]
        return digests
