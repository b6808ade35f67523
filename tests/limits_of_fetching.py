"""The limits of what a mock fetches and matches, beside the numbers of the page on security."""

from __future__ import annotations

from mockserver.gateway import gateway, introspection_cache, listen_path, webhook
from mockserver.gateway.proxy import fetching, key_sets, loops, upstream
from mockserver.golang import regexps
from mockserver.http import received_body
from mockserver.serving import api_ports

KIB, MIB = 1 << 10, 1 << 20

NUMBERS_OF_FETCHING: list[tuple[str, str, object, object]] = [  # as `NUMBERS` of the test
    ("answers of upstreams that are being", "512 MiB", upstream.MOST_TOGETHER, 512 * MIB),
    ("answers of upstreams that are being", "64 KiB", received_body.FREE, 64 * KIB),
    ("answer of an upstream", "30 s", upstream.BOUNDS.seconds, 30),
    ("answer of an upstream", "64 MiB", upstream.BOUNDS.longest, 64 * MIB),
    ("key set", "10 s", key_sets.BOUNDS.seconds, 10),
    ("key set", "1 MiB", key_sets.BOUNDS.longest, MIB),
    ("key set", "1,000 keys", key_sets.MOST_KEYS, 1000),
    ("key set", "ten redirects", fetching.MOST_REDIRECTS, 10),
    ("what providers of access tokens", "10,000 and", introspection_cache.MOST_KEPT, 10_000),
    ("what providers of access tokens", "32 MiB", introspection_cache.MOST_BYTES, 32 * MIB),
    ("what providers of access tokens", "10,000", webhook.MOST_KEPT, 10_000),
    ("ports of their own", "20", api_ports.MOST_PORTS, 20),
    ("times that a request is handed", "100", loops.MOST_LEVELS, 100),
    ("exchanges with upstreams", "200 at once", gateway.MOST_WAITING, 200),
    ("exchanges with upstreams", "20 own hops", upstream.MOST_HOPS, 20),
    ("expressions", "8,192 characters", regexps.MAX_LENGTH, 8192),
    ("all expressions of a request", "4,000,000 instructions", regexps.MOST_WORK, 4_000_000),
    ("expressions of the listen paths", "1,000,000", listen_path.MOST_INSTRUCTIONS, 1_000_000),
    ("expressions", "100 Unicode classes, 20,000", (regexps.MAX_CLASSES, regexps.MAX_PROGRAM), (100, 20_000)),
    ("expressions", "2^30 steps", regexps.MAX_STEPS, 1 << 30),
]
