"""The event handlers of an API in OpenAPI form, and their classic form.

Source: apidef/oas/event.go:190 and :300 @v5.14.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mockserver.gateway.oas import durations
from mockserver.gateway.oas.operation_readings import header_list
from mockserver.gateway.oas.operations import header_map
from mockserver.gateway.policy_merging import Document


@dataclass(frozen=True)
class _Kind:
    """A kind of event handler.

    Attributes:
        name: the classic name of the kind.
        extract: the classic members of a handler, without its switch.
        fill: the members of the OpenAPI form, by the classic ones.
    """

    name: str
    extract: Callable[[Document], Document]
    fill: Callable[[Document], Document]


def extract(handlers: list[Any] | None) -> Document:
    """The classic handlers by their events; handlers of an unknown kind are left out."""
    events: Document = {}
    for handler in handlers or ():
        if isinstance(handler, dict) and (kind := _KINDS.get(handler.get("type", ""))):
            meta = {"disabled": not handler.get("enabled")} | kind.extract(handler)
            entry = {"handler_name": kind.name, "handler_meta": dict(sorted(meta.items()))}
            events.setdefault(handler.get("trigger", ""), []).append(entry)
    return events


def filled(events: Document) -> list[Document] | None:
    """The handlers of the OpenAPI form, by the classic ones; None if there are none."""
    handlers = [
        _filled(trigger, entry["handler_meta"] or {}, name, _KINDS[name])
        for trigger, entries in events.items()
        for entry in entries or ()
        if (name := _NAMES.get(entry["handler_name"]))
    ]
    return handlers or None


def _filled(trigger: str, meta: Document, name: str, kind: _Kind) -> Document:
    common = {"enabled": not meta.get("disabled"), "trigger": trigger, "type": name}
    members = {member: value for member, value in kind.fill(meta).items() if value is not None}
    return dict(sorted((common | members).items()))


def _classic_webhook(handler: Document) -> Document:
    return {
        "id": handler.get("id", ""), "name": handler.get("name", ""), "method": handler.get("method", ""),
        "target_path": handler.get("url", ""), "template_path": handler.get("bodyTemplate", ""),
        "header_map": header_map({"add": handler.get("headers")}),
        "event_timeout": durations.seconds(handler.get("cooldownPeriod", "")),
    }  # fmt: skip


def _open_webhook(meta: Document) -> Document:
    return {
        "id": meta.get("id") or None, "name": meta.get("name") or None, "url": meta.get("target_path", ""),
        "method": meta.get("method", ""), "bodyTemplate": meta.get("template_path") or None,
        "headers": header_list(meta.get("header_map")) or None,
        "cooldownPeriod": durations.written(int(meta.get("event_timeout", 0))),
    }  # fmt: skip


def _classic_script(handler: Document) -> Document:
    return {
        "id": handler.get("id", ""), "name": handler.get("functionName", ""), "path": handler.get("path", "")
    }  # fmt: skip


def _open_script(meta: Document) -> Document:
    name = meta.get("name", "")
    return {
        "id": meta.get("id") or None, "name": name or None, "functionName": name,
        "path": meta.get("path", ""),
    }  # fmt: skip


def _classic_log(handler: Document) -> Document:
    return {"prefix": handler.get("logPrefix", "")}


def _open_log(meta: Document) -> Document:
    prefix = meta.get("prefix", "")
    return {"name": prefix or None, "logPrefix": prefix}


_KINDS = {
    "webhook": _Kind("eh_web_hook_handler", _classic_webhook, _open_webhook),
    "custom": _Kind("eh_dynamic_handler", _classic_script, _open_script),
    "log": _Kind("eh_log_handler", _classic_log, _open_log),
}
_NAMES = {kind.name: name for name, kind in _KINDS.items()}
