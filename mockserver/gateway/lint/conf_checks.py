"""Checks of a gateway's configuration, tyk.conf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.gateway.lint.findings import Document

_SAMPLE_SECRET = "352d20ee67be67f6340b4c0605b044b7"  # tyk.conf.example:4 @v5.12.0 # pragma: allowlist secret
_SOURCES = ("", "file", "service", "rpc")
_HASHES = ("", "murmur32", "murmur64", "murmur128", "sha256")


def check_conf(document: Document, conf: dict[str, Any]) -> None:
    """Report what is odd in a configuration; `conf` has its decoded keys."""
    for check in _CHECKS:
        check(document, conf)


def _check_secret(document: Document, conf: dict[str, Any]) -> None:
    if not conf["secret"]:
        document.report("empty-secret", ("secret",), "the secret is empty")
    elif conf["secret"] == _SAMPLE_SECRET:
        document.report("sample-secret", ("secret",), "the secret is that of the sample")


def _check_policies(document: Document, conf: dict[str, Any]) -> None:
    policies = conf["policies"]
    source, path, record = (policies[f"policy_{name}"] for name in ("source", "path", "record_name"))
    if source not in _SOURCES:
        document.report("policy-source", ("policies", "policy_source"), f"policy_source is {source!r}")
    if document.has("policies") and policies.get("allow_explicit_policy_id"):
        document.report(
            "unused-key", ("policies", "allow_explicit_policy_id"), "allow_explicit_policy_id is set"
        )
    if conf["use_db_app_configs"] or conf["slave_options"]["use_rpc"] or source in ("service", "rpc"):
        return
    if path and record:
        document.report("ignored-record", ("policies", "policy_record_name"), "policy_path is set too")
    elif record:
        document.report(
            "record-is-not-written", ("policies", "policy_record_name"), "policies are in one file"
        )
    elif not path:
        document.report("no-policies", ("policies",), "policy_path and policy_record_name are empty")


def _check_address(document: Document, conf: dict[str, Any]) -> None:
    if not conf["listen_address"]:
        document.report("all-interfaces", ("listen_address",), "listen_address is empty")


def _check_storage(document: Document, conf: dict[str, Any]) -> None:
    if conf["storage"]["type"] != "redis":
        document.report("no-redis", ("storage", "type"), f"storage.type is {conf['storage']['type']!r}")


def _check_hashes(document: Document, conf: dict[str, Any]) -> None:
    name = conf["hash_key_function"]
    if name not in _HASHES:
        known = ", ".join(filter(None, _HASHES))
        document.report(
            "hash-function", ("hash_key_function",), f"hash_key_function is {name!r}", names=known
        )


_CHECKS: tuple[Callable[[Document, dict[str, Any]], None], ...] = (
    _check_secret, _check_policies, _check_address, _check_storage, _check_hashes,
)  # fmt: skip
