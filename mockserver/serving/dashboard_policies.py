"""The policies of a mock Dashboard, as a test sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.request_warnings import document_warnings
from mockserver.serving.missing_policy import MissingPolicy
from mockserver.serving.seed_warnings import shown, told


class DashboardPolicies(Mapping[str, dict[str, Any]]):
    """The policies of the first organisation by database id, as GET returns them."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def __getitem__(self, object_id: str) -> dict[str, Any]:
        policies = {policy["_id"]: policy for policy in self._all()}
        if object_id not in policies:
            raise MissingPolicy(f"{object_id!r}: no policy of {self._dashboard.organisation} has this _id")
        output: dict[str, Any] = self._dashboard.form.document(policies[object_id])
        return output

    def __iter__(self) -> Iterator[str]:
        return iter([policy["_id"] for policy in self._all()])

    def __len__(self) -> int:
        return len(self._all())

    def seed(self, *policies: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[str]:
        """Create policies, or lists of policies, as if they had been posted; returns their database ids.

        Raises:
            ValueError: a policy is refused; the message is that of the Dashboard.
        """
        lists = [[given] if isinstance(given, Mapping) else given for given in policies]
        documents = [policy for policies_ in lists for policy in policies_]
        ids = [self._dashboard.seed(policy) for policy in documents]
        warn_of_seeds(self._dashboard, documents)
        return ids

    def __repr__(self) -> str:
        return f"<DashboardPolicies {list(self)}>"

    def _all(self) -> list[dict[str, Any]]:
        return self._dashboard.policies.all(self._dashboard.organisation)


def warn_of_seeds(dashboard: Dashboard, policies: Iterable[Mapping[str, Any]]) -> None:
    """Log the warnings about policies that were seeded into a Dashboard."""
    contract, version = dashboard.contract, dashboard.version
    named = ((f"policy {shown(policy.get('name') or policy.get('id'))}", policy) for policy in policies)
    told(named, lambda node: document_warnings(contract, version, node))
