"""The cache of what providers of access tokens told has bounds."""

from __future__ import annotations

from mockserver.gateway.introspection_cache import MOST_BYTES, MOST_KEPT, IntrospectionCache


def test_the_oldest_documents_go_beyond_the_bytes() -> None:
    """A document that would take the cache beyond its bytes takes the place of the oldest ones."""
    cache = IntrospectionCache(lambda: 0.0)
    for name in "abc":
        cache.keep(("token", name), {"of": name}, 9, MOST_BYTES // 3)
    assert cache.get(("token", "a")) is None
    assert cache.get(("token", "c")) == {"of": "c"}
    cache.keep(("token", "c"), {"of": "d"}, 9, 1)
    cache.keep(("token", "e"), {"of": "e"}, 9, MOST_BYTES // 2)
    assert cache.get(("token", "b")) == {"of": "b"}


def test_the_oldest_documents_go_beyond_the_number() -> None:
    """One document more than the cache holds takes the place of the oldest one."""
    cache = IntrospectionCache(lambda: 0.0)
    for number in range(MOST_KEPT + 1):
        cache.keep(("token", str(number)), {}, 9, 0)
    assert (cache.get(("token", "0")), cache.get(("token", "1"))) == (None, {})
