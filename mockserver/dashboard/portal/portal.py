"""The portal of one organisation of the Dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.dashboard.portal.credentials import Credentials
from mockserver.dashboard.portal.kinds import PLAN, PRODUCT
from mockserver.dashboard.portal.offerings import Offerings
from mockserver.dashboard.portal.provider import Provider
from mockserver.dashboard.portal.synchronisation import synchronise
from mockserver.dashboard.records import Document, Records


class Portal:
    """A Developer Portal; its API is the mock's own, and no copy of the vendor's.

    Methods take the bodies of that API, and raise `PortalError` for what it refuses.

    Attributes:
        products: the products, each with a policy of the partition acl.
        plans: the plans, each with a policy of the partitions quota and rate_limit.
        credentials: the keys that carry the policies of products and of a plan.
    """

    def __init__(self, provider: Provider, records: Mapping[str, Records]) -> None:
        self._provider = provider
        self.products = Offerings(PRODUCT, records["portal-products"], provider)
        self.plans = Offerings(PLAN, records["portal-plans"], provider)
        self.credentials = Credentials(records["portal-credentials"], provider, self.products, self.plans)

    def synchronise(self, options: Mapping[str, Any] | None = None) -> dict[str, list[Document]]:
        """Take over which partitioned policies the Dashboard has; returns what was done.

        Raises:
            PortalError: an option is wrong.
        """
        return synchronise(self._provider, self.products, self.plans, options or {})
