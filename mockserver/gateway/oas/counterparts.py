"""The members of a definition in OpenAPI form, and their counterparts in the classic form.

Source: the methods ExtractTo of apidef/oas/ @v5.12.0.
"""

from __future__ import annotations

MEMBERS = {  # of the gateway's part, and of the classic definition
    "info.id": "api_id",
    "info.dbId": "id",
    "info.orgId": "org_id",
    "info.name": "name",
    "info.expiration": "expiration",
    "info.state.active": "active",
    "info.state.internal": "internal",
    "info.versioning.enabled": "definition.enabled",
    "info.versioning.name": "definition.name",
    "info.versioning.default": "definition.default",
    "info.versioning.location": "definition.location",
    "info.versioning.key": "definition.key",
    "info.versioning.stripVersioningData": "definition.strip_versioning_data",
    "info.versioning.urlVersioningPattern": "definition.url_versioning_pattern",
    "info.versioning.fallbackToDefault": "definition.fallback_to_default",
    "upstream.url": "proxy.target_url",
    "upstream.preserveHostHeader.enabled": "proxy.preserve_host_header",
    "upstream.preserveTrailingSlash.enabled": "proxy.disable_strip_slash",
    "server.listenPath.value": "proxy.listen_path",
    "server.listenPath.strip": "proxy.strip_listen_path",
    "server.protocol": "protocol",
    "server.port": "listen_port",
    "server.authentication.stripAuthorizationData": "strip_auth_data",
    "server.authentication.baseIdentityProvider": "base_identity_provided_by",
    "server.authentication.custom.enabled": "custom_plugin_auth_enabled",
    "server.batchProcessing.enabled": "enable_batch_request_support",
    "server.clientCertificates.enabled": "use_mutual_tls_auth",
    "server.clientCertificates.allowlist": "client_certificates",
    "server.gatewayTags.tags": "tags",
    "server.customDomain.name": "domain",
    "server.customDomain.certificates": "certificates",
    "server.detailedActivityLogs.enabled": "enable_detailed_recording",
    "server.detailedTracing.enabled": "detailed_tracing",
    "server.ipAccessControl.allow": "allowed_ips",
    "server.ipAccessControl.block": "blacklisted_ips",
    "middleware.global.skipRateLimit": "disable_rate_limit",
    "middleware.global.skipQuota": "disable_quota",
    "middleware.global.skipQuotaReset": "dont_set_quota_on_create",
    "middleware.global.contextVariables.enabled": "enable_context_vars",
    "middleware.global.trafficLogs.tagHeaders": "tag_headers",
    "middleware.global.pluginConfig.driver": "custom_middleware.driver",
    "middleware.global.pluginConfig.bundle.path": "custom_middleware_bundle",
    "middleware.global.pluginConfig.data.value": "config_data",
    **{f"middleware.global.cors.{name}": f"CORS.{classic}" for name, classic in (
        ("enabled", "enable"), ("maxAge", "max_age"), ("allowCredentials", "allow_credentials"),
        ("exposedHeaders", "exposed_headers"), ("allowedHeaders", "allowed_headers"),
        ("optionsPassthrough", "options_passthrough"), ("debug", "debug"),
        ("allowedOrigins", "allowed_origins"), ("allowedMethods", "allowed_methods"),
    )},
    **{f"middleware.global.cache.{name}": f"cache_options.{classic}" for name, classic in (
        ("enabled", "enable_cache"), ("timeout", "cache_timeout"),
        ("cacheAllSafeRequests", "cache_all_safe_requests"), ("cacheResponseCodes", "cache_response_codes"),
        ("cacheByHeaders", "cache_by_headers"), ("controlTTLHeaderName", "cache_control_ttl_header"),
        ("enableUpstreamCacheControl", "enable_upstream_cache_control"),
    )},
}  # fmt: skip
ONE_WAY = {  # members that a read shows as they were written
    **{f"upstream.tlsTransport.{name}": f"proxy.transport.{classic}" for name, classic in (
        ("insecureSkipVerify", "ssl_insecure_skip_verify"), ("ciphers", "ssl_ciphers"),
        ("forceCommonNameCheck", "ssl_force_common_name_check"),
    )},
    "upstream.proxy.url": "proxy.transport.proxy_url",
    **{f"upstream.authentication.requestSigning.{name}": f"request_signing.{classic}" for name, classic in (
        ("enabled", "is_enabled"), ("signatureHeader", "signature_header"), ("algorithm", "algorithm"),
        ("keyId", "key_id"), ("headers", "header_list"), ("secret", "secret"),
        ("certificateId", "certificate_id"),
    )},
    "upstream.authentication.enabled": "upstream_auth.enabled",
    **{f"upstream.authentication.basicAuth.{name}": f"upstream_auth.basic_auth.{name}" for name in (
        "enabled", "username", "password", "header.enabled", "header.name",
    )},
    "upstream.authentication.oauth.enabled": "upstream_auth.oauth.enabled",
    "upstream.authentication.oauth.allowedAuthorizeTypes": "upstream_auth.oauth.allowed_authorize_types",
    **{f"upstream.authentication.oauth.{part}.{name}": f"upstream_auth.oauth.{classic_part}.{classic}"
       for part, classic_part in (("clientCredentials", "client_credentials"), ("password", "password"))
       for name, classic in (
        ("clientId", "client_id"), ("clientSecret", "client_secret"), ("tokenUrl", "token_url"),
        ("scopes", "scopes"), ("extraMetadata", "extra_metadata"), ("username", "username"),
        ("password", "password"), ("header.enabled", "header.enabled"), ("header.name", "header.name"),
    )},
}  # fmt: skip
SWITCHED_OFF = {  # a switch of the gateway's part, and the classic one that is on if that is off
    "server.gatewayTags.enabled": "tags_disabled",
    "server.customDomain.enabled": "domain_disabled",
    "server.ipAccessControl.enabled": "ip_access_control_disabled",
    "upstream.mutualTLS.enabled": "upstream_certificates_disabled",
    "upstream.certificatePinning.enabled": "certificate_pinning_disabled",
    "upstream.uptimeTests.enabled": "uptime_tests.disabled",
    "middleware.global.trafficLogs.enabled": "do_not_track",
    "middleware.global.pluginConfig.bundle.enabled": "custom_middleware_bundle_disabled",
    "middleware.global.pluginConfig.data.enabled": "config_data_disabled",
    "errorOverrides.enabled": "error_overrides_disabled",
}
PLUGINS = {
    "prePlugins": "pre", "postAuthenticationPlugins": "post_key_auth", "postPlugins": "post",
    "responsePlugins": "response",
}  # fmt: skip
