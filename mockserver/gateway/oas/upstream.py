"""The settings of an API's upstream in OpenAPI form, and their classic members.

Source: apidef/oas/upstream.go @v5.14.0; line 360 TLS, 557 service discovery, 678 uptime tests, 1322 targets.
"""

from __future__ import annotations

from collections import Counter

from mockserver.gateway.oas import durations
from mockserver.gateway.policy_merging import Document
from mockserver.golang import durations as texts

_DISCOVERY = (
    ("enabled", "use_discovery_service"), ("endpointReturnsList", "endpoint_returns_list"),
    ("parentDataPath", "parent_data_path"), ("queryEndpoint", "query_endpoint"),
    ("targetPath", "target_path"), ("useTargetList", "use_target_list"),
    ("useNestedQuery", "use_nested_query"), ("dataPath", "data_path"), ("portDataPath", "port_data_path"),
)  # fmt: skip
_TEST = (
    ("enableProxyProtocol", "enable_proxy_protocol"), ("method", "method"), ("headers", "headers"),
    ("body", "body"), ("commands", "commands"),
)  # fmt: skip
_TLS = {"1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304}
LONGEST_LIST = 1 << 20  # characters; a gateway has no limit. Of a longer list each target stands once
_TLS_BOUNDS = (("minVersion", "ssl_min_version"), ("maxVersion", "ssl_max_version"))


def size_of_list(upstream: Document) -> int:
    """The characters of the classic list of targets, in which a target stands as often as its weight says."""
    targets = (upstream["loadBalancing"] or {}).get("targets") or ()
    return sum((len(target["url"]) + 3) * target["weight"] for target in targets if target["weight"] > 0)


def extract(upstream: Document, result: Document) -> None:
    """Set the classic members of the upstream."""
    proxy, tests = result["proxy"], result["uptime_tests"]
    own_tests = upstream["uptimeTests"] or {}
    _extract_discovery(upstream["serviceDiscovery"] or {}, proxy["service_discovery"])
    _extract_discovery(own_tests.get("serviceDiscovery") or {}, tests["config"]["service_discovery"])
    tests["check_list"] = [_classic_test(test) for test in own_tests.get("tests") or ()] or None
    tests["config"]["expire_utime_after"] = durations.seconds(own_tests.get("logRetentionPeriod", "0s"))
    tests["config"]["recheck_wait"] = durations.seconds(own_tests.get("hostDownRetestPeriod", "0s"))
    mapping = (upstream["mutualTLS"] or {}).get("domainToCertificateMapping") or ()
    result["upstream_certificates"] = {item["domain"]: item["certificate"] for item in mapping} or None
    pins = (upstream["certificatePinning"] or {}).get("domainToPublicKeysMapping") or ()
    result["pinned_public_keys"] = {
        item["domain"]: ",".join(item["publicKeys"] or ()) for item in pins
    } or None
    balancing = upstream["loadBalancing"] or {}
    if balancing.get("targets"):
        proxy["enable_load_balancing"] = balancing["enabled"]
        proxy["check_host_against_uptime_tests"] = balancing["skipUnavailableHosts"]
        weighs = size_of_list(upstream) <= LONGEST_LIST
        proxy["target_list"] = [
            target["url"] for target in balancing["targets"] for _ in range(target["weight"] if weighs else 1)
        ]
    transport = upstream["tlsTransport"] or {}
    for name, classic in _TLS_BOUNDS:
        proxy["transport"][classic] = _TLS.get(transport.get(name, ""), 0)


def fill(upstream: Document, fields: Document, *, keeps_idle_targets: bool) -> None:
    """Put the classic values into the settings of the upstream, all of which are there."""
    proxy, classic_tests = fields["proxy"], fields["uptime_tests"]
    upstream["rateLimit"] = _limit(upstream["rateLimit"], fields["global_rate_limit"])
    _fill_discovery(upstream["serviceDiscovery"], proxy["service_discovery"])
    tests = upstream["uptimeTests"]
    _fill_discovery(tests["serviceDiscovery"], classic_tests["config"]["service_discovery"])
    tests["tests"] = [_open_test(test) for test in classic_tests["check_list"] or ()] or None
    tests["enabled"] = bool(tests["tests"]) and not classic_tests["disabled"]
    tests["logRetentionPeriod"] = durations.written(classic_tests["config"]["expire_utime_after"])
    tests["hostDownRetestPeriod"] = durations.written(classic_tests["config"]["recheck_wait"])
    for name, classic in _TLS_BOUNDS:
        version = proxy["transport"][classic]
        upstream["tlsTransport"][name] = next((text for text, code in _TLS.items() if code == version), "")
    if targets := Counter(proxy["target_list"] or ()):
        balancing = upstream["loadBalancing"]
        written = balancing["targets"] if keeps_idle_targets else None
        idle = {target["url"]: 0 for target in written or () if not target["weight"]}
        balancing["targets"] = [
            {"url": url, "weight": weight} for url, weight in sorted((idle | targets).items())
        ]


def _extract_discovery(own: Document, result: Document) -> None:
    for name, classic in _DISCOVERY:
        if name in own:
            result[classic] = own[name]
    cache = own.get("cache") or {
        "enabled": own.get("cacheTimeout", 0) > 0,
        "timeout": own.get("cacheTimeout", 0),
    }
    result["cache_timeout"] = cache["timeout"]
    result["cache_disabled"] = not (own.get("enabled") and cache["enabled"])


def _fill_discovery(own: Document, classic: Document) -> None:
    is_cached = own["enabled"] and not classic["cache_disabled"]
    own["cache"] = {"enabled": True, "timeout": classic["cache_timeout"]} if is_cached else None
    own["cacheTimeout"] = 0


def _classic_test(test: Document) -> Document:
    protocol, mark, _ = test["url"].partition("://")
    return {
        "url": test["url"], "protocol": protocol if mark else "",
        "timeout": texts.nanoseconds(test["timeout"]),
    } | {classic: test[name] for name, classic in _TEST}  # fmt: skip


def _open_test(test: Document) -> Document:
    url = test["url"]
    if test["protocol"]:
        url = f"{test['protocol']}://{url.split('://')[1] if '://' in url else url}"
    return {"url": url, "timeout": texts.written(test["timeout"])} | {
        name: test[classic] for name, classic in _TEST
    }


def _limit(own: Document, limit: Document) -> Document | None:
    """The limit of all requests to an API."""
    if limit["disabled"] and not limit["rate"] and not limit["per"]:
        return None
    per = (
        own["per"]
        if durations.seconds(own["per"]) == limit["per"] and own["per"]
        else durations.written(int(limit["per"]))
    )
    return {"enabled": not limit["disabled"], "rate": int(limit["rate"]), "per": per}
