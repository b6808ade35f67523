"""Make the pictures of docs/page.md: pages of mocks with some traffic, wide and narrow, in light and dark.

It needs a Chromium (`apt-get install chromium`); run it as `make pictures`.
"""

from __future__ import annotations

from pathlib import Path

from browsing import chromium, visit

from mockserver import MockDashboard, MockGateway
from mockserver.serving.pages.rendering import PREFIX

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
NOON = 1893499200.0  # 2030-01-01 12:00:00 UTC, at which the clocks stand
WIDE, NARROW = {"width": 1100, "height": 640}, {"width": 390, "height": 760}
Picture = tuple[str, str, dict[str, int], str]  # name, path, size, colours
OF_GATEWAY: tuple[Picture, ...] = (
    ("policies", f"{PREFIX}/policies", WIDE, "light"),
    ("policies-narrow", f"{PREFIX}/policies", NARROW, "dark"),
    ("journal", f"{PREFIX}/journal", WIDE, "dark"),
    ("request-narrow", f"{PREFIX}/journal/1", NARROW, "light"),
    ("faults", f"{PREFIX}/faults", WIDE, "light"),
)
OF_DASHBOARD: tuple[Picture, ...] = (("organisations-narrow", f"{PREFIX}/organisations", NARROW, "dark"),)
RIGHTS = {"orders": {"api_id": "orders", "api_name": "Orders", "versions": ["Default"]}}
ORDERS = {
    "api_id": "orders",
    "name": "Orders",
    "org_id": "acme",
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test"},
}


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with MockGateway() as gateway, MockDashboard() as dashboard:
        _use(gateway)
        dashboard.freeze(NOON)
        dashboard.seed(policies=[{"id": "gold", "name": "Gold"}], apis=[ORDERS])
        for mock, pictures in ((gateway, OF_GATEWAY), (dashboard, OF_DASHBOARD)):
            _take(mock, pictures)


def _use(gateway: MockGateway) -> None:
    """Seed a gateway, and send it what a program with typical mistakes sends."""
    gateway.freeze(NOON)
    gold = {"id": "gold", "name": "Gold", "org_id": "acme", "rate": 5, "per": 1, "access_rights": RIGHTS}
    keys = {"mobile": {"org_id": "acme", "alias": "Mobile", "apply_policies": ["gold"]}}
    gateway.seed(policies=[gold], apis=[ORDERS], keys=keys)
    client = gateway.client
    client.post("/tyk/policies", json={**gold, "rate": 7, "raet": 9})
    client.post("/tyk/policies", json={"id": "silver", "name": "Silver", "rate": 1})
    client.get("/tyk/policies/silver")
    client.get("/orders/1", headers={"Authorization": "acmemobile"})
    client.post("/tyk/policies", json={"id": "bronze", "rate": "1"})
    gateway.fault("addPolicy", status=503, message="Try again")
    client.post("/tyk/policies", json={"id": "bronze", "rate": 1})
    gateway.fault(scenario="redis-down")
    gateway.fault("reload", status=503, times=2)


def _take(
    mock: MockGateway | MockDashboard, pictures: tuple[tuple[str, str, dict[str, int], str], ...]
) -> None:
    with chromium() as browser:
        for name, path, size, scheme in pictures:
            with visit(browser, mock.url + path, viewport=size, color_scheme=scheme) as page:
                page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
