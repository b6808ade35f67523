"""The configuration of a gateway: those keys of tyk.conf and TYK_GW_* variables that the mock supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from mockserver.service.configuration import Configuration

DEFAULT_SECRET = "mock-secret"


@dataclass(frozen=True)
class Config(Configuration):
    """The configuration of one gateway: each attribute is a key of tyk.conf.

    Times are in the units of tyk.conf: seconds, but nanoseconds in `liveness_check__check_duration`.
    """

    PREFIX: ClassVar[str] = "TYK_GW_"
    VARIABLES: ClassVar[Mapping[str, str]] = {
        "health_check__health_check_value_timeouts": "TYK_GW_HEALTHCHECK_HEALTHCHECKVALUETIMEOUT",
        "local_session_cache__disable_cached_session_state": (
            "TYK_GW_LOCALSESSIONCACHE_DISABLECACHESESSIONSTATE"
        ),
        "oauth_refresh_token_expire": "TYK_GW_OAUTHREFRESHEXPIRE",
        "suppress_default_org_store": "TYK_GW_SUPRESSDEFAULTORGSTORE",
    }
    OMIT: ClassVar[str] = "TYK_GW_OMITCONFIGFILE"
    SECRETS: ClassVar[frozenset[str]] = frozenset(
        {
            "secret", "node_secret", "policies__policy_connection_string",
            "db_app_conf_options__connection_string", "slave_options__api_key",
        }
    )  # fmt: skip

    listen_port: int = 8080
    control_api_port: int = 0
    control_api_hostname: str = ""
    hostname: str = ""
    enable_custom_domains: bool = False
    disable_ports_whitelist: bool = False
    enable_config_inspection: bool = False
    listen_address: str = "127.0.0.1"
    secret: str = field(default=DEFAULT_SECRET, repr=False)
    app_path: str = ""
    node_secret: str = field(default="", repr=False)
    use_db_app_configs: bool = False
    db_app_conf_options__connection_string: str = field(default="", repr=False)
    db_app_conf_options__connection_timeout: int = 0
    db_app_conf_options__node_is_segmented: bool = False
    db_app_conf_options__tags: tuple[str, ...] = ()
    disable_dashboard_zeroconf: bool = False
    policies__policy_source: str = "file"
    policies__policy_connection_string: str = field(default="", repr=False)
    policies__policy_path: str = ""
    policies__policy_record_name: str = ""
    slave_options__use_rpc: bool = False
    slave_options__use_ssl: bool = False
    slave_options__connection_string: str = ""
    slave_options__rpc_key: str = ""
    slave_options__api_key: str = field(default="", repr=False)
    slave_options__group_id: str = ""
    slave_options__call_timeout: int = 0
    slave_options__key_space_sync_interval: float = 0.0
    slave_options__disable_keyspace_sync: bool = False
    auth_override__force_auth_provider: bool = False
    auth_override__auth_provider__storage_engine: str = ""
    allow_unsafe_policy_ids: bool = False
    reload_interval: int = 1
    suppress_redis_signal_reload: bool = False
    allow_insecure_configs: bool = False
    hash_keys: bool = False
    hash_key_function: str = ""
    hash_key_function_fallback: tuple[str, ...] = ()
    basic_auth_hash_key_function: str = ""
    enable_hashed_keys_listing: bool = False
    allow_master_keys: bool = False
    disable_key_actions_by_username: bool = False
    local_session_cache__disable_cached_session_state: bool = False
    enforce_org_quotas: bool = False
    suppress_default_org_store: bool = False
    monitor__enable_trigger_monitors: bool = False
    monitor__monitor_user_keys: bool = False
    monitor__monitor_org_keys: bool = False
    monitor__global_trigger_limit: float = 0.0
    monitor__configuration__method: str = ""
    monitor__configuration__target_path: str = ""
    monitor__configuration__event_timeout: int = 0
    experimental_process_org_off_thread: bool = False
    global_session_lifetime: int = 0
    force_global_session_lifetime: bool = False
    min_token_length: int = 0
    oauth_token_expire: int = 0
    oauth_refresh_token_expire: int = 0
    oauth_error_status_code: int = 0
    health_check_endpoint_name: str = "hello"
    readiness_check_endpoint_name: str = "ready"
    liveness_check__check_duration: int = 10_000_000_000
    health_check__enable_health_checks: bool = False
    health_check__health_check_value_timeouts: int = 0
    hide_generator_header: bool = False
    opentelemetry__enabled: bool = False
    http_server_options__skip_url_cleaning: bool = False
    http_server_options__max_request_body_size: int = 0
    http_server_options__enable_websockets: bool = False
    http_server_options__enable_path_prefix_matching: bool = False
    http_server_options__enable_path_suffix_matching: bool = False
    http_server_options__enable_strict_routes: bool = False
    enable_fixed_window_rate_limiter: bool = False
    enable_sentinel_rate_limiter: bool = False
    drl_enable_sentinel_rate_limiter: bool = False
    enable_redis_rolling_limiter: bool = False
    enable_rate_limit_smoothing: bool = False
    legacy_enable_allowance_countdown: bool = False
    regexp_cache_expire: int = 0
    disable_regexp_cache: bool = False

    @property
    def policies_from_dashboard(self) -> bool:
        """True if policies come from the Dashboard, so that this gateway writes none."""
        return self.use_db_app_configs or self.policies__policy_source == "service"

    @property
    def policies_from_control_plane(self) -> bool:
        """True if policies come from the control plane of a data plane."""
        return self.slave_options__use_rpc and self.policies__policy_source == "rpc"

    @property
    def has_minimal_api(self) -> bool:
        """True if the gateway has neither policies nor APIs in its API (gateway/server.go:1241 @v5.14.0)."""
        engine = self.auth_override__auth_provider__storage_engine
        return self.auth_override__force_auth_provider and engine == "rpc"

    @property
    def separates_ports(self) -> bool:
        """True if requests to APIs have a port of their own (gateway/api_loader.go:1141 @v5.12.0)."""
        return self.control_api_port not in (0, self.listen_port)

    @property
    def reload_seconds(self) -> int:
        """The seconds between two ticks of the reload queue; at least one."""
        return max(1, self.reload_interval)

    @property
    def liveness_seconds(self) -> float:
        """The seconds between two liveness checks of the gateway's components."""
        return (self.liveness_check__check_duration or 10_000_000_000) / 1e9
