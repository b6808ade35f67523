"""The variables of a request, `$tyk_context.NAME`, of an API with `enable_context_vars`.

Source: gateway/mw_context_vars.go:49, gateway/mw_jwt.go:1388 and request/real_ip.go:14 @v5.12.0; recording
transforms/context.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mockserver.golang import urls
from mockserver.http.answer_heads import canonical
from mockserver.http.header_values import as_text, cookies

_OUTSIDE = ("host", "transfer-encoding", "trailer")  # headers that Go keeps elsewhere


@dataclass(frozen=True)
class ContextVariables:
    """The variables of a request, read from it as it is when the gateway collects them.

    Attributes:
        headers: values by name in lower case, one character for each byte.
        client: the address of the client.
        added: the variables that are read from no part of the request, by their names.
        has_request: False if the API has no variables, but those that are added.
    """

    method: str
    url: urls.Url
    headers: Mapping[str, str]
    body: bytes
    client: str
    added: dict[str, Any] = field(default_factory=dict)
    has_request: bool = True

    @classmethod
    def without_request(cls) -> ContextVariables:
        """Variables that are added alone."""
        return cls("", urls.Url(""), {}, b"", "", has_request=False)

    def value(self, name: str) -> Any:
        """The value of a variable; None if there is none of this name, or it is no text, number or list."""
        if name in self.added:
            return self.added[name]
        if not self.has_request:
            return None
        if name in self._single:
            return self._single[name]
        for prefix, values in (
            ("headers_", self._headers), ("cookies_", self._cookies), ("request_data_", self._data),
        ):  # fmt: skip
            if name.startswith(prefix):
                return values.get(name.removeprefix(prefix))
        return self._all_data if name == "request_data" else None

    def add_claims(self, header: Mapping[str, Any], claims: Mapping[str, Any], token: str) -> None:
        """Add what a token says, and the key of its session."""
        for part in (header, claims):
            self.added.update({f"jwt_claims_{name}": value for name, value in part.items()})
        self.added["token"] = token

    @cached_property
    def _single(self) -> dict[str, str]:
        path = self.url.path
        return {
            "path": path, "path_parts": path.replace("/", ",").removeprefix(","),
            "remote_addr": self._address(), "request_id": str(uuid.uuid4()),
            "headers_Host": as_text(self.headers.get("host", "")),
        }  # fmt: skip

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {
            _without_hyphens(canonical(name)): as_text(value)
            for name, value in self.headers.items()
            if name not in _OUTSIDE
        }

    @cached_property
    def _cookies(self) -> dict[str, str]:
        text = self.headers.get("cookie", "")
        return {_without_hyphens(name): as_text(value) for name, value in cookies(text)}

    @cached_property
    def _form(self) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        content_type = self.headers.get("content-type", "")
        for name, value in urls.form_parameters(self.method, content_type, self.url.query, self.body):
            values.setdefault(name, []).append(value)
        return values

    @cached_property
    def _data(self) -> dict[str, str]:
        return {_without_hyphens(name): values[0] for name, values in self._form.items()}

    @property
    def _all_data(self) -> str:
        return ";".join(f"{name}:{','.join(values)}" for name, values in self._form.items())

    def _address(self) -> str:
        """The address that a proxy on the way tells, or else that of the client."""
        forwarded = self.headers.get("x-forwarded-for", "").partition(",")[0].strip()
        for text in (self.headers.get("x-real-ip", ""), forwarded):
            if text and "%" not in text:
                try:
                    address = ipaddress.ip_address(text)
                except ValueError:
                    continue
                mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
                return str(mapped or address)
        return self.client


def _without_hyphens(name: str) -> str:
    return name.replace("-", "_")
