"""The gateway as a service of the mock: its guard, the routes of its APIs, and its replies without a route.

Source: gateway/server.go:742 and :806 @v5.12.0; gorilla/mux 1.8.1, ServeHTTP.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from functools import partial

from mockserver.gateway import handlers, replies
from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.listen_path import fits_domain
from mockserver.gateway.proxy import tracing
from mockserver.gateway.request_warnings import warnings_of
from mockserver.gateway.scenarios import API_REQUEST, SCENARIOS
from mockserver.golang import urls
from mockserver.http.messages import Reply, Request
from mockserver.service.registry import HandlerFunction, check
from mockserver.service.service import Service

__all__ = [
    "NOT_ON_PLANES",
    "PREFIX",
    "Guard",
    "gateway_service",
    "port_service",
    "tracing",  # which has a handler
    "traffic_service",
]

PREFIX = "/tyk/"  # of paths that require the secret
DISCOVERY = ("/.well-known/", "/__tyk-as/")  # begin the paths of the metadata of MCP proxies
NOT_ON_PLANES = (
    "/policies",
    "/apis",
    "/org/keys",
)  # paths that data planes lack (gateway/server.go:900 @v5.14.0)


def traffic_service(gateway: Gateway) -> Service:
    """The service of a gateway at the port that has requests to APIs alone (`separates_ports`)."""
    return _service_at(gateway, Guard(gateway))


def port_service(gateway: Gateway, port: int) -> Service:
    """The service of a gateway at a port that APIs have as their `listen_port`."""
    return _service_at(gateway, Guard(gateway, port))


def _service_at(gateway: Gateway, guard: Guard) -> Service:
    return replace(gateway_service(gateway), guard=guard.check_traffic, beside=guard.traffic_at)


def gateway_service(gateway: Gateway) -> Service:
    """The service of a gateway; where ports are separated, that of its own API.

    Raises:
        SpecError: an operation of the contract has no handler, or a handler has no operation.
    """
    check(handlers.SERVICE, gateway.contract)
    guard = Guard(gateway)
    config = gateway.config
    secrets = (config.secret, config.node_secret, config.slave_options__api_key)
    return Service(
        name=handlers.SERVICE,
        contract=gateway.contract,
        state=gateway,
        guard=guard.check,
        secrets=tuple(filter(None, secrets)),
        error=replies.error,
        not_found=guard.not_found,
        not_allowed=guard.not_allowed,
        beside=guard.api_at,
        path_of=guard.path_of,
        scenarios=SCENARIOS,
        beside_name=API_REQUEST,
        warn=partial(warnings_of, gateway),
    )


class Guard:
    """The checks of a gateway before routing, and its replies to requests without an operation.

    `port` is that of APIs with a port of their own; 0 for that of the others.
    """

    def __init__(self, gateway: Gateway, port: int = 0) -> None:
        self._gateway = gateway
        self._port = port
        config = gateway.config
        self._hidden = NOT_ON_PLANES if config.has_minimal_api else ()
        self._has_hosts = config.enable_custom_domains or bool(config.hostname)
        is_go_page = "outer-404-is-go-page" in gateway.behaviours
        self._not_traffic = replies.PAGE_NOT_FOUND if is_go_page else replies.NOT_FOUND
        self._secret = config.secret.encode("utf-8", "surrogateescape")
        self._probes = {
            "/hello": f"/{config.health_check_endpoint_name}",
            "/ready": f"/{config.readiness_check_endpoint_name}",
        }

    def check(self, request: Request) -> Reply | str:
        """The rejection of a large body, an unclean path or a wrong secret, else the path for routing."""
        config, url = self._gateway.config, request.url
        size = max(len(request.body), request.head.length)  # of which the latter may not have come yet
        if 0 < config.http_server_options__max_request_body_size < size:
            return replies.TOO_LARGE
        if not config.http_server_options__skip_url_cleaning:
            clean = urls.cleaned(url)
            if clean is not url:
                return replies.redirect(str(clean))
        if not url.path.startswith(PREFIX):
            return url.path
        if refusal := self._refusal(request):
            return refusal
        stripped = url.path.removeprefix("/tyk").rstrip("/")
        clean_path = urls.clean_path(stripped)
        if clean_path != stripped:
            return replies.redirect(str(urls.Url(clean_path, url.query, url.origin)))
        if self._hidden and stripped.startswith(self._hidden):
            return replies.PAGE_NOT_FOUND
        return "/tyk" + stripped

    def _refusal(self, request: Request) -> Reply | None:
        """The rejection of a wrong secret."""
        secret = request.header("x-tyk-authorization")
        if not hmac.compare_digest(secret.encode("latin-1"), self._secret):
            return replies.FORBIDDEN
        return None

    def check_traffic(self, request: Request) -> Reply | str:
        """The rejection of a request at a port that has requests to APIs alone, else the path for routing."""
        answer = self.check(request) if not request.url.path.startswith(PREFIX) else ""
        if answer and (isinstance(answer, Reply) or self.traffic_at(request)):
            return answer
        return self._not_traffic

    def api_at(self, request: Request) -> HandlerFunction | None:
        """The handler of a page, or of the API that a request is for; None if there is none at this port."""
        if self._gateway.config.enable_config_inspection and (page := self._inspection(request)):
            return page
        return None if self._gateway.config.separates_ports else self.traffic_at(request)

    def traffic_at(self, request: Request) -> HandlerFunction | None:
        """The handler of the API whose listen path matches a request; None if no API matches."""
        path, config = request.url.path, self._gateway.config
        loaded = self._gateway.apis.loaded
        if not loaded.by_id or path.startswith(PREFIX) or path in self._probes.values():
            return None
        api = self._api(request) if self._has_hosts or loaded.ports else loaded.at(path)
        if path.startswith(DISCOVERY) and (page := self._page(request, api)):
            return page
        if api is None or (config.http_server_options__enable_strict_routes and not api.ends_segment(path)):
            return None
        from mockserver.gateway.proxy.middleware import answer_for

        return answer_for(api)

    def _api(self, request: Request) -> Api | None:
        """The API at the path, the host and the port of a request (gateway/api_loader.go:873 @v5.12.0)."""
        config, host = self._gateway.config, request.header("host")

        def fits(api: Api) -> bool:
            port = api.fields["listen_port"]
            if self._port != (0 if port == config.listen_port else port):
                return False
            has_own = config.enable_custom_domains and api.fields["domain"]
            domain = api.domain if has_own else config.hostname
            return not domain or fits_domain(domain, host)

        return self._gateway.apis.loaded.first(request.url.path, fits)

    def _inspection(self, request: Request) -> HandlerFunction | None:
        """The page at the path of a request that tells the configuration; None if no page is there.

        Source: gateway/server.go:771 @v5.12.0.
        """
        from mockserver.gateway import inspection

        config = self._gateway.config
        if "configurations-may-be-told" not in self._gateway.behaviours or not config.secret:
            return None
        hostname = config.control_api_hostname or config.hostname
        page = inspection.PAGES.get(request.url.path)
        if page is None or (hostname and not fits_domain(hostname, request.header("host"))):
            return None
        refusal = self._refusal(request)
        return page if refusal is None else lambda _: refusal

    def _page(self, request: Request, served: Api | None) -> HandlerFunction | None:
        """The page of an MCP proxy with metadata, unless another API was routed to its path before."""
        from mockserver.gateway.proxy.mcp import authorization_servers

        gateway = self._gateway
        if "protected-resources-are-described" not in gateway.behaviours:
            return None
        found = authorization_servers.page_at(gateway.apis.loaded, request.url.path)
        if found is None:
            return None
        api, method, page = found
        routed = gateway.apis.loaded.routed
        if served is not None and (routed.index(served) <= routed.index(api) or method != request.method):
            return None
        if method != request.method:
            return lambda _: replies.BARE_METHOD_NOT_ALLOWED
        return partial(authorization_servers.answer, page, api)

    def path_of(self, path: str) -> str:
        """The path of an operation; the configuration may move the paths of the two probes."""
        return self._probes.get(path, path)

    def not_found(self, request: Request) -> Reply:
        """The reply to a path without an operation.

        Outside /tyk/ the text depends on the version (recording routing/paths steps 13 and 14).
        """
        gateway = self._gateway
        under_tyk = request.url.path.startswith(PREFIX)
        if under_tyk or ("outer-404-is-go-page" in gateway.behaviours and not gateway.apis.ever_loaded):
            return replies.PAGE_NOT_FOUND
        return replies.NOT_FOUND

    def not_allowed(self, request: Request) -> Reply:
        """The reply to a method that the path does not support."""
        under_tyk = request.url.path.startswith(PREFIX)
        return replies.METHOD_NOT_SUPPORTED if under_tyk else replies.METHOD_NOT_ALLOWED
