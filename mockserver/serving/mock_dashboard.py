"""MockDashboard: a mock Dashboard on a local port, until it is closed or its with block ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from mockserver.contract.spec_files import version_of
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import DEFAULT_KEY, DEFAULT_ORGANISATION, SPEC, Dashboard
from mockserver.dashboard.mdcb.server import ControlPlaneServer
from mockserver.dashboard.nodes.deployment import GatewayBeside
from mockserver.dashboard.nodes.history import ChangeHistory, FirstUses
from mockserver.dashboard.nodes.propagation import Loaded
from mockserver.dashboard.service import dashboard_service
from mockserver.gateway.config import Config as GatewayConfig
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.node.node import Node
from mockserver.golang.urls import join_host_port
from mockserver.http.messages import Request
from mockserver.service.mock import Mock
from mockserver.service.mock_snapshot import Snapshot
from mockserver.serving import dashboard_seeds
from mockserver.serving.dashboard_policies import DashboardPolicies
from mockserver.serving.mock_client import MockClient
from mockserver.serving.mock_gateway import MockGateway
from mockserver.serving.mock_server import MockServer
from mockserver.serving.service_server import listen, url_of
from mockserver.storage.backend import Backend


@dataclass(frozen=True)
class Settings:
    """All that a mock Dashboard is started with, but for its backend.

    Attributes:
        config: its complete configuration; it listens on the `listen_address` and `listen_port` of it.
        gateway: the configuration of a mock gateway beside it; None for none.
        gateway_version: the version of that gateway; None for the default one.
        mdcb_port: the port for data planes; None for none.
        remote_control: allow /_mock/ to other machines.
    The others are as in `MockDashboard`.
    """

    version: GatewayVersion
    config: Config
    key: str = DEFAULT_KEY
    organisation: str = DEFAULT_ORGANISATION
    style: str = ""
    gateway: GatewayConfig | None = None
    without: Collection[str] = ()
    introspection: bool = True
    strict_nonces: bool = False
    mdcb_port: int | None = None
    remote_control: bool = False
    gateway_version: GatewayVersion | None = None


class MockDashboard(MockServer):
    """A mock Dashboard on a local port, and a mock gateway to which it hands keys on.

    Args:
        dashboard: the version, such as "5.13" or "5.13.1"; by default, that in spec/dashboard.
        key: the access key of the first user, who is an admin.
        organisation: the id of that user's organisation, 24 hex digits.
        admin_secret: the required value of admin-auth.
        port: the port; 0 for any free one.
        config: keys of tyk_analytics.conf, nested or dotted.
        style: "2017" for policies in the form of the documents of that year.
        without: ids of behaviours to switch off, to check that a test notices; `SWITCHABLE` has them.
        with_gateway: False to start no gateway; none is started either if `tyk_api_config` names one, unless
            `gateway_config` is given.
        gateway: the version of that gateway, such as "5.8"; by default, that in spec/gateway.
        gateway_config: keys of its tyk.conf, nested or dotted.
        introspection: let GraphQL tell its schema.
        strict_nonces: refuse nodes whose nonce is not the newest one; a real gateway may then hang.
        mdcb_port: the port for data planes, which take their policies by remote calls; 0 for any free one.

    Attributes:
        policies: the policies of the first organisation by database id.
        gateway: the mock gateway beside it; None if there is none.
        portal: a Developer Portal; its methods take the bodies of /_mock/portal.
        state: the simulated Dashboard.

    Raises:
        ServerError: the port is taken.
        SpecError: the version or a behaviour is unknown, or the behaviour cannot be switched off.
        ConfigError: a key in `config` is unknown, or its value has a wrong type.
    """

    def __init__(
        self,
        *,
        dashboard: str | None = None,
        key: str = DEFAULT_KEY,
        organisation: str = DEFAULT_ORGANISATION,
        admin_secret: str | None = None,
        port: int = 0,
        config: Mapping[str, Any] | None = None,
        style: str = "",
        without: Collection[str] = (),
        with_gateway: bool = True,
        gateway: str | None = None,
        gateway_config: Mapping[str, Any] | None = None,
        introspection: bool = True,
        strict_nonces: bool = False,
        mdcb_port: int | None = None,
    ) -> None:
        complete = Config.exactly(config or {})
        if admin_secret is not None:
            complete = replace(complete, admin_secret=admin_secret)
        configuration = None
        if with_gateway and (gateway_config is not None or not complete.tyk_api_config__host):
            configuration = replace(GatewayConfig.exactly(gateway_config or {}), listen_port=0)
        settings = Settings(
            version_of(dashboard, SPEC),
            replace(complete, listen_port=port),
            key,
            organisation,
            style,
            configuration,
            without,
            introspection,
            strict_nonces,
            mdcb_port,
            gateway_version=version_of(gateway),
        )
        self._start(settings, Mock())

    @classmethod
    def of(cls, settings: Settings, backend: Backend | None = None) -> MockDashboard:
        """A mock Dashboard with these settings, whose state a backend keeps; by default, in memory."""
        self = cls.__new__(cls)
        self._start(settings, Mock(backend))
        return self

    def _start(self, settings: Settings, mock: Mock) -> None:
        config, host = settings.config, settings.config.listen_address
        self.gateway, self._session_id = None, ""
        self._planes: ControlPlaneServer | None = None
        with ExitStack() as undoing:
            listener = listen(host, config.listen_port)
            undoing.callback(listener.close)
            for_planes = None
            if settings.mdcb_port is not None:
                for_planes = listen(host, settings.mdcb_port, "--mdcb or --host")
                undoing.callback(for_planes.close)
            if settings.gateway is not None:
                url = url_of(listener.getsockname()[:2])
                gateway = as_node(settings.gateway, url, config.shared_node_secret)
                self.gateway = MockGateway.of(settings.gateway_version or version_of(None), gateway)
                undoing.callback(self.gateway.close)
                config = _with_gateway(config, self.gateway)
            self.state = Dashboard(
                settings.version,
                config,
                mock,
                key=settings.key,
                organisation=settings.organisation,
                style=settings.style,
                without=settings.without,
                introspection=settings.introspection,
                strict_nonces=settings.strict_nonces,
            )
            self._tell_gateway()
            self.policies = DashboardPolicies(self.state)
            self.portal = self.state.portal
            if for_planes is not None:
                self._planes = ControlPlaneServer(self.state, for_planes, mock.closing.wait)
                undoing.callback(self._planes.close)
            service = replace(dashboard_service(self.state), is_unnoted=self._is_of_gateway_beside)
            self._serve(mock, service, listener, host, remote_control=settings.remote_control)
            undoing.pop_all()

    def _is_of_gateway_beside(self, request: Request) -> bool:
        """True for what the gateway beside asks for: the journal has the requests of others alone."""
        return bool(self._session_id) and request.header("x-tyk-session-id") == self._session_id

    def _tell_gateway(self) -> None:
        """Tell the gateway beside the Dashboard of changes, and let it load them before a key is written."""
        if self.gateway is None or not isinstance(node := self.gateway.gateway.source, Node):
            return
        gateway, url = self.gateway.gateway, self.gateway.url
        self._session_id = node.session_id
        self.state.changes.subscribe(lambda _: node.hear_of_change())
        self.state.gateway.feed = lambda _org_id, _session: gateway.catch_up()
        self.state.deployment.beside = [
            GatewayBeside(url, lambda: _loaded(gateway), lambda: node.client.node_id)
        ]
        gateway.on_applied = FirstUses(self.state.history, url, lambda _: node.last_change).note

    @property
    def changes(self) -> list[ChangeHistory]:
        """The changes of policies and APIs, the oldest first, each with what became of it."""
        return self.state.history.all()

    @property
    def mdcb_address(self) -> str:
        """The value of `slave_options.connection_string` for data planes; "" if they are not served."""
        return "" if self._planes is None else join_host_port(*self._planes.address)

    @property
    def key(self) -> str:
        """The access key of the first user."""
        return self.state.key

    @property
    def client(self) -> MockClient:
        """A client that sends the key: `client.get("/api/portal/policies")`."""
        return MockClient(self.url, {"Authorization": self.key})

    def __repr__(self) -> str:
        policies, version = len(self.policies), self.state.version
        return f"<MockDashboard {version} at {self.url}, policies: {policies}, requests: {len(self.journal)}>"

    def seed(
        self,
        *,
        policies: Iterable[Mapping[str, Any]] = (),
        apis: Iterable[Mapping[str, Any]] = (),
        keys: Mapping[str, Mapping[str, Any]] | None = None,
        organisations: Iterable[Mapping[str, Any]] = (),
    ) -> dict[str, list[str]]:
        """Create documents as the first user does, without a request in the journal of the Dashboard.

        Args:
            policies: policies; as by `policies.seed`.
            apis: API definitions; each keeps its `api_id`.
            keys: sessions by the name of their key, which the gateway stores.
            organisations: organisations, each with its `id`, if that matters.

        Returns the ids of all that was created, by the name of the argument.

        Raises:
            ValueError: something is refused; what came before it stays.
        """
        return dashboard_seeds.seed(self._service, policies, apis, keys or {}, organisations)

    def snapshot(self) -> Snapshot:
        """The present state of the Dashboard and of its gateway, to bring back by `restore`."""
        return Snapshot.of(self.mock, *([self.gateway.mock] if self.gateway is not None else []))

    def reset(self) -> list[str]:
        """Restore the initial state of the Dashboard and of its gateway."""
        if self.gateway is not None:
            self.gateway.gateway.catch_up()  # else a reload in progress makes a node of it that is none
        left = super().reset()
        if self.gateway is not None:
            left += self.gateway.reset()
            self.gateway.gateway.catch_up()
        return left

    def close(self) -> None:
        """Stop both servers, and wait until their ports are free."""
        if self.gateway is not None:
            self.gateway.close()
        super().close()
        if self._planes is not None:
            self._planes.close()
        self.mock.backend.close()


def _loaded(gateway: Gateway) -> Loaded:
    """The policies that a gateway has loaded."""
    output = gateway.store.codec.type.output
    return Loaded(tuple(output(policy.policy) for policy in gateway.store.loaded.listed), gateway.version)


def as_node(config: GatewayConfig, url: str, node_secret: str) -> GatewayConfig:
    """The configuration of a gateway as the node of a Dashboard at a URL.

    A gateway whose configuration has policies in files is no node, for it could take nothing else from the
    Dashboard; one whose APIs are in files takes policies alone.
    """
    if not config.policies_from_dashboard:
        if config.policies__policy_path or config.policies__policy_record_name:
            return config
        config = replace(config, policies__policy_source="service", use_db_app_configs=not config.app_path)
    return replace(
        config,
        app_path="" if config.use_db_app_configs else config.app_path,
        node_secret=node_secret,
        policies__policy_path="",
        policies__policy_record_name="",
        policies__policy_connection_string=url,
        db_app_conf_options__connection_string=url,
    )


def _with_gateway(config: Config, gateway: MockGateway) -> Config:
    host, _, port = gateway.url.rpartition(":")
    return replace(
        config,
        tyk_api_config__host=host,
        tyk_api_config__port=port,
        tyk_api_config__secret=gateway.secret,
    )
