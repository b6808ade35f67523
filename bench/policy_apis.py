"""The policy APIs of the two services, as the long tests write and read policies through them."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.servers import KEY, SECRET


@dataclass(frozen=True)
class PolicyApi:
    """How a service keeps policies. A test names a policy by a short text, its `id`.

    Attributes:
        prefix: the path that a policy is posted to, and below which it has its own.
        listing: the target that lists all policies.
        headers: the credential.
        missing: the status of a DELETE of a policy that does not exist.
        reload: the target that makes writes visible; "" if they are at once.
        unwritten: members that the service replaces.
    """

    prefix: str
    listing: str
    headers: Mapping[str, str]
    missing: int
    reload: str = ""
    unwritten: frozenset[str] = frozenset()

    def target(self, policy: str) -> str:
        """The target of one policy."""
        return f"{self.prefix}/{policy if self.reload else _object_id(policy)}"

    def document(self, policy: str, members: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a write of a policy with these members."""
        identity = {"id": policy} if self.reload else {"id": policy, "_id": _object_id(policy)}
        return {**identity, **members}

    def listed(self, answer: Any) -> list[dict[str, Any]]:
        """The policies in the answer to `listing`."""
        policies: list[dict[str, Any]] = answer if isinstance(answer, list) else answer["Data"]
        return policies

    def all(self, port: int) -> list[dict[str, Any]]:
        """The policies that a service on a port lists, after a reload."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            for target in filter(None, (self.reload, self.listing)):
                connection.request("GET", target, headers=dict(self.headers))
                text = connection.getresponse().read()
            return self.listed(json.loads(text))
        finally:
            connection.close()


def _object_id(policy: str) -> str:
    return hashlib.sha256(policy.encode()).hexdigest()[:24]


POLICY_APIS = {
    "gateway": PolicyApi(
        "/tyk/policies", "/tyk/policies", {"X-Tyk-Authorization": SECRET}, 500, "/tyk/reload?block=true"
    ),
    "dashboard": PolicyApi(
        "/api/portal/policies", "/api/portal/policies?p=-1", {"Authorization": KEY}, 404,
        unwritten=frozenset({"org_id"}),
    ),
}  # fmt: skip
