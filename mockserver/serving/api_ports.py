"""The ports of their own that APIs have (`listen_port` of a definition)."""

from __future__ import annotations

import logging

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.service import port_service
from mockserver.service.mock import Mock
from mockserver.serving.service_server import ServiceServer, listen

LOG = logging.getLogger("tyk-contract")
MOST_PORTS = 20  # of one mock; a gateway has no bound


class ApiPorts:
    """The servers at the ports of APIs, with `disable_ports_whitelist`; each is open until the mock ends.

    A gateway closes a port when no API has it any more (gateway/proxy_muxer.go:361 @v5.12.0).
    """

    def __init__(self, mock: Mock, gateway: Gateway) -> None:
        self._mock, self._gateway = mock, gateway
        self._servers: dict[int, ServiceServer] = {}
        self._refused: set[int] = set()
        gateway.apis.on_loaded = self._open
        self._open()

    def stop(self) -> None:
        """Accept no more connections; returns at once."""
        for server in self._servers.values():
            server.stop()

    def close(self) -> None:
        """Stop the servers, and wait until the ports are free."""
        for server in self._servers.values():
            server.close()

    def _open(self) -> None:
        config = self._gateway.config
        taken = {config.listen_port, config.control_api_port, *self._servers, *self._refused}
        for port in sorted(self._gateway.apis.loaded.ports - taken)[: MOST_PORTS - len(self._servers)]:
            if not config.disable_ports_whitelist:
                LOG.warning("the port %d of an API is opened only with disable_ports_whitelist", port)
                self._refused.add(port)
                continue
            try:
                listener = listen(config.listen_address, port)
            except (OSError, OverflowError) as error:  # the latter for what is no port
                LOG.warning("the port %d of an API cannot be opened: %s", port, error)
                continue
            service = port_service(self._gateway, port)
            self._servers[port] = ServiceServer(self._mock, service, listener, is_second=True)
