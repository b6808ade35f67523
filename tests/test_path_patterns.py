"""Allowed URLs as the two settings of path matching read them; each was seen on gateways 5.8.15 to 5.14.0."""

from __future__ import annotations

import pytest
from orders import GOLD, RIGHTS, get, key, serve

from mockserver import MockGateway

NEITHER = ()
PREFIX = ("enable_path_prefix_matching",)
SUFFIX = ("enable_path_suffix_matching",)
BOTH = (*PREFIX, *SUFFIX)


@pytest.mark.parametrize(
    ("settings", "pattern", "path", "is_allowed"),
    [
        (PREFIX, "/a", "/orders/a/b", True),
        (PREFIX, "/a", "/orders/x/a", False),
        (PREFIX, "/orders/x", "/orders/x/a", True),
        (PREFIX, "a/b", "/orders/x/a/b/c", True),
        (PREFIX, "", "/orders/a", False),
        (PREFIX, "^$", "/orders/a", False),
        (PREFIX, "q", "/orders/q", True),
        (PREFIX, "/a+b", "/orders/a+b", False),
        (PREFIX, "a(b", "/orders/a(b", False),
        (PREFIX, "/a(b", "/orders/a(b", False),
        (BOTH, "/a+b", "/orders/a+b", True),
        (BOTH, "/a(b", "/orders/a(b", True),
        (BOTH, "/a", "/orders/a", True),
        (BOTH, "/a", "/orders/a/b", False),
        (BOTH, "/a$", "/orders/a", True),
        (BOTH, "/a$", "/orders/a$", False),
        (BOTH, "/orders/a", "/orders/a", True),
        (BOTH, "b", "/orders/ab", True),
        (SUFFIX, "/a", "/orders/x/a", True),
        (SUFFIX, "/a", "/orders/a/b", False),
        (SUFFIX, "/a$", "/orders/a", True),
        (SUFFIX, "/a+b", "/orders/a+b", False),
        (SUFFIX, "", "/orders/a", True),
        (NEITHER, "/a", "/orders/x/a/b", True),
        (NEITHER, "/a+b", "/orders/a+b", False),
        (NEITHER, "/{x}/b", "/orders/a/b", True),
        (NEITHER, "/a{2}b", "/orders/aab", True),
        (NEITHER, "/a(b", "/orders/a(b", False),
    ],
)
def test_a_setting_bounds_the_pattern_of_an_allowed_url(
    settings: tuple[str, ...], pattern: str, path: str, is_allowed: bool
) -> None:
    """A pattern begins where the path or its rest below the listen path begins, and ends where it ends, if set."""
    allowed = [{"url": pattern, "methods": ["GET"]}]
    rights = {"orders": {**RIGHTS["orders"], "allowed_urls": allowed}}
    with MockGateway(config={f"http_server_options.{name}": True for name in settings}) as gateway:
        serve(gateway, {**GOLD, "access_rights": rights})
        assert get(gateway, key(gateway), path).status == (200 if is_allowed else 403)
