"""The table of all rules; docs/lint.md shows it."""

from __future__ import annotations

from mockserver.gateway.lint.rules import Effect, Kind, Level, Rule

_NOTE, _WARNING, _ERROR = Level.NOTE, Level.WARNING, Level.ERROR
_FILES = (Kind.POLICY, Kind.RECORD)
_CONF = (Kind.CONF,)

_NO_START = Effect(
    "the gateway logs the error and does not start", _CONF, source="gateway/server.go:1506, :1952 @v5.12.0"
)
_DASHBOARD = Effect("the Dashboard cannot read the file as it is meant", (Kind.DASHBOARD_CONF,))
_NOT_SERVED = Effect(
    "the gateway skips the file, so that the API is not served",
    (Kind.API,),
    source="gateway/api_definition.go:721 @v5.12.0",
)
_NO_KEY = Effect(
    "the gateway refuses the key with 400", (Kind.SESSION,), source="gateway/api.go:520 @v5.12.0"
)
_RECORD = (
    Effect(
        "the gateway loads no policy of the file; at a reload, those that it had stay",
        (Kind.RECORD,),
        behaviour="failed-load-keeps-policies",
        source="recording files/record steps 13 and 16",
    ),
    Effect("the gateway loads no policy of the file, and forgets those that it had", (Kind.RECORD,)),
)

_ROWS = (
    Rule(
        "syntax", _ERROR, "The file is not valid JSON.", "{hint}",
        (
            Effect("the gateway logs it and loads nothing of the file", (Kind.POLICY,), source="gateway/policy.go:101 @v5.12.0"),
            *_RECORD, _NOT_SERVED, _NO_KEY, _NO_START, _DASHBOARD,
        ),
        is_fixed=True,
    ),
    Rule(
        "trailing-data", _WARNING, "More follows the first JSON value of a file.", "remove what follows",
        (
            Effect("the gateway reads the first value alone", (*_FILES, Kind.CONF), source="recording files/directory"),
            Effect(_NOT_SERVED.text, (Kind.API,), level=_ERROR),
            Effect(_NO_KEY.text, (Kind.SESSION,), level=_ERROR, source="gateway/api.go:520 @v5.12.0"),
            _DASHBOARD,
        ),
    ),
    Rule(
        "wrong-type", _ERROR, "A value has another type than Go reads into the member.", "{hint}",
        (
            Effect(
                "the gateway logs it and loads the policy without the member; over REST it refuses the policy with 400",
                (Kind.POLICY,), source="gateway/policy.go:118 @v5.12.0; recording types/pointers",
            ),
            *_RECORD, _NOT_SERVED, _NO_KEY, _NO_START, _DASHBOARD,
        ),
        is_fixed=True,
    ),
    Rule(
        "unknown-member", _WARNING, "No gateway knows the member, which may be misspelt.", "{hint}",
        (
            Effect("the gateway ignores it", (Kind.CONF, Kind.API)),
            Effect("the gateway drops it without a word", source="user/policy.go:13 @v5.12.0; behaviour unknown-members-are-dropped"),
        ),
    ),
    Rule(
        "other-version", _WARNING, "Gateways of other versions know the member.", "remove it, or use such a gateway",
        (Effect("a gateway of {version} ignores it; the versions {span} have it"),),
    ),
    Rule(
        "dashboard-member", _NOTE, "The Dashboard alone has the member.", "nothing needs to be done for the gateway",
        (Effect("the gateway drops it; the Dashboard has it"),),
    ),
    Rule(
        "folded-name", _NOTE, "A name differs from the known one by case.", "write {name}",
        (Effect("the gateway reads it as {name}, but other tools may not", source="behaviour case-is-folded"),),
        is_fixed=True,
    ),
    Rule(
        "duplicate-member", _WARNING, "A member is there twice.", "keep one of them",
        (
            Effect("the last of them wins; objects are merged", source="behaviours last-member-wins, objects-are-merged, maps-are-merged"),
        ),
    ),
    Rule(
        "rounded-number", _WARNING, "A number has more digits than a float64 keeps.", "write it as a string, if it is no quantity",
        (Effect("the gateway reads {rounded}", source="behaviour meta-data-numbers-are-floats"),),
    ),
    Rule(
        "null-policy", _WARNING, "A policy is null.", "remove it, or write the policy",
        (Effect("the gateway loads a policy without any limit or right", source="gateway/policy.go:74 @v5.12.0"),),
    ),
    Rule(
        "no-id", _ERROR, "A policy in a directory has no id, or an API no api_id.", 'add "{name}"',
        (
            Effect("the gateway loads it under an empty id, which no right can name", (Kind.API,), level=_WARNING),
            Effect(
                "the gateway does not load the policy", behaviour="nameless-file-is-dropped",
                source="internal/model/policies.go:252 @v5.12.0; recording files/directory step 16",
            ),
            Effect("the gateway lists the policy with an empty id, and no key can name it", level=_WARNING),
        ),
    ),
    Rule(
        "id-characters", _WARNING, "An id has characters that a gateway refuses over REST.",
        "use letters, digits and . _ - ~, or set allow_unsafe_policy_ids",
        (
            Effect(
                "the gateway loads it from the file, but refuses POST and PUT of it with 400",
                source="pkg/identifier/custom.go:10 @v5.13.0; behaviour id-characters",
            ),
        ),
    ),
    Rule(
        "impossible-id", _WARNING, "No file can have the id as its name.", "use a shorter id, or one without / and control characters",
        (
            Effect(
                "the gateway loads it from the file, but answers 500 to a write or removal by this id",
                source="behaviours id-with-slash-is-500, too-long-id-is-500",
            ),
        ),
    ),
    Rule(
        "file-name", _WARNING, "A file of a policy has another name than the id.", "rename the file to {name}",
        (
            Effect(
                "the gateway loads it, but a DELETE of the id is answered with 500, and a PUT writes a second file",
                source="gateway/api.go:1144 @v5.12.0; recording files/directory",
            ),
        ),
    ),
    Rule(
        "duplicate-id", _WARNING, "Two files have one id.", "remove one of them, or give it another id",
        (Effect("the gateway keeps the one that it reads last, {last}", source="internal/model/policies.go:248 @v5.12.0"),),
    ),
    Rule(
        "record-key", _WARNING, "A policy in a record file has another id than its key.", "make them equal",
        (
            Effect("the gateway takes the key as the id", behaviour="record-key-is-id", source="gateway/policy.go:94 @v5.12.0"),
            Effect("the gateway lists it with its own id, and keys find it by the key of the record", source="recording files/record @5.8.15"),
        ),
    ),
    Rule(
        "partition-conflict", _ERROR, "per_api is set together with another partition.", "set per_api alone, or the others alone",
        (
            Effect(
                "the gateway refuses each session with this policy: cannot apply policy {id} which has per_api and any of partitions set",
                source="internal/policy/apply.go:140 @v5.12.0",
            ),
        ),
    ),
    Rule(
        "right-key", _WARNING, "The key of an access right differs from its api_id.", "make them equal",
        (Effect("the gateway goes by the key {key}; the api_id has no effect", source="gateway/mw_access_rights.go:33 @v5.12.0"),),
    ),
    Rule(
        "unknown-api", _WARNING, "A right names an API of which there is no definition among the files.", "{hint}",
        (Effect("the gateway takes it, and the right has no effect"),),
    ),
    Rule(
        "no-rights", _WARNING, "A policy that decides on access grants none.", "add access_rights, or set the partitions that it decides",
        (
            Effect(
                "a session with no other policy is refused: key has no valid policies to be applied",
                source="internal/policy/apply.go:247 @v5.12.0",
            ),
        ),
    ),
    Rule(
        "ignored-limit", _WARNING, "A right has a limit of its own, and the policy is not per_api.", "set partitions.per_api, or remove the limit",
        (Effect("the gateway gives the API the limits of the policy, not this one", source="internal/policy/apply.go @v5.12.0; behaviour limits-may-be-per-api"),),
    ),
    Rule(
        "quota-without-renewal", _WARNING, "A quota has no renewal rate.", "set quota_renewal_rate to the seconds of a period",
        (Effect("the gateway never renews the quota: after {quota} requests a key is refused for good", source="gateway/session_manager.go:391 @v5.12.0"),),
    ),
    Rule(
        "rate-without-per", _WARNING, "A rate has no interval.", "set per to the seconds of the interval",
        (Effect("the gateway applies no rate limit of the policy", source="internal/policy/apply.go:295 @v5.12.0"),),
    ),
    Rule(
        "per-without-rate", _NOTE, "An interval has no rate.", "set rate, or remove per",
        (Effect("the gateway applies no rate limit", source="internal/policy/apply.go:295 @v5.12.0"),),
    ),
    Rule(
        "missing-org", _WARNING, "A policy has no organisation.", "add org_id",
        (
            Effect(
                "only sessions without org_id find the policy", behaviour="organisations-keep-apart",
                source="internal/model/policies.go:192 @v5.12.0; behaviour organisations-keep-apart",
            ),
            Effect("a session of an organisation is refused: attempting to apply policy from different organisation to key"),
        ),
    ),
    Rule(
        "active-has-no-effect", _WARNING, "active is false, which a gateway does not read.", "{hint}",
        (
            Effect("the gateway serves the API all the same, for its definition is a file", (Kind.API,)),
            Effect("the gateway applies the policy all the same", source="user/policy.go:13 @v5.12.0"),
        ),
    ),
    Rule(
        "inactive", _NOTE, "is_inactive is true.", "remove it if that is not meant",
        (Effect("the gateway refuses requests with such a key: 403 Key is inactive, please renew", source="behaviour inactive-keys-are-refused"),),
    ),
    Rule(
        "no-lifetime", _WARNING, "key_expires_in is negative.", "set the seconds of a key's lifetime, or 0",
        (Effect("keys of the policy never expire", source="behaviour policies-end-new-keys"),),
    ),
    Rule(
        "expired", _WARNING, "A date of expiry is past.", "set a later time",
        (
            Effect("the gateway answers requests for the version with 403", (Kind.API,), source="behaviour versions-have-an-end"),
            Effect("the gateway drops the date of a new key, which then never expires", source="behaviour past-expiry-is-not-taken"),
        ),
    ),
    Rule(
        "no-expiry", _NOTE, "A session has neither a date of expiry nor a policy.", "set expires to seconds since the epoch",
        (Effect("the key never expires"),),
    ),
    Rule(
        "unknown-policy", _WARNING, "A policy is named that is not among the files.", "{hint}",
        (
            Effect("the gateway refuses tokens that need it", (Kind.API,)),
            Effect("the gateway passes over it and logs: policy not found", source="behaviour missing-policies-are-passed-over"),
        ),
    ),
    Rule(
        "orphaned-session", _ERROR, "None of the policies that a session names is among the files.", "{hint}",
        (Effect("the gateway refuses the key, and requests with it: {reason}", source="behaviours key-needs-its-policies, orphaned-keys-do-not-pass"),),
    ),
    Rule(
        "foreign-policy", _WARNING, "A session names a policy of another organisation.", "give both the same org_id",
        (
            Effect("the gateway does not find the policy", behaviour="organisations-keep-apart", source="behaviour organisations-keep-apart"),
            Effect("the gateway refuses the key: attempting to apply policy from different organisation to key", level=_ERROR),
        ),
    ),
    Rule(
        "session-without-rights", _ERROR, "A session has neither policies nor access rights.", "add apply_policies or access_rights",
        (Effect("the gateway refuses the key, unless allow_master_keys is set", source="behaviour create-tells-why"),),
    ),
    Rule(
        "not-served", _ERROR, "An API cannot be served.", "correct the member",
        (Effect("the gateway skips the API", source="gateway/api_loader.go:69 @v5.12.0; behaviour some-apis-are-not-served"),),
    ),
    Rule(
        "shared-listen-path", _WARNING, "Two APIs have one listen path.", "give each its own",
        (Effect("the gateway appends the id to the path of both", source="gateway/api_loader.go:207 @v5.12.0; behaviour listen-paths-are-kept-apart"),),
    ),
    Rule(
        "empty-secret", _WARNING, "The secret is empty.", "set secret, or TYK_GW_SECRET",
        (Effect("everyone may use /tyk/", source="gateway/server.go:898 @v5.12.0"),),
    ),
    Rule(
        "sample-secret", _WARNING, "The secret is that of the vendor's sample file.", "set one of your own",
        (Effect("everyone who knows the sample may use /tyk/", source="tyk.conf.example:4 @v5.12.0"),),
    ),
    Rule(
        "no-policies", _WARNING, "Neither a directory nor a file of policies is set.", "set policies.policy_path",
        (Effect("the gateway loads no policy", source="gateway/server.go:695 @v5.12.0"),),
    ),
    Rule(
        "policy-source", _WARNING, "The source of policies is no known one.", 'write "file", "service" or "rpc"',
        (Effect("the gateway reads policies from files", source="gateway/server.go:695 @v5.12.0"),),
    ),
    Rule(
        "ignored-record", _NOTE, "A directory and a record file of policies are set.", "set one of them",
        (Effect("the gateway reads the directory alone", source="gateway/server.go:695 @v5.12.0"),),
    ),
    Rule(
        "record-is-not-written", _NOTE, "Policies are in a record file.", "set policies.policy_path to write policies over REST",
        (Effect("a policy that is written over REST goes to the working directory and is never loaded", source="gateway/api.go:1080 @v5.12.0; recording files/record"),),
    ),
    Rule(
        "all-interfaces", _NOTE, "The listen address is empty.", "set listen_address to restrict it",
        (Effect("the gateway listens on all interfaces"),),
    ),
    Rule(
        "no-redis", _ERROR, "The storage is not a Redis.", 'set storage.type to "redis"',
        (Effect("the gateway does not start: Redis connection details not set", source="gateway/server.go:1517 @v5.12.0"),),
    ),
    Rule(
        "hash-function", _WARNING, "The hash function is no known one.", "write one of {names}",
        (Effect("the gateway takes murmur64", source="internal/crypto/token.go @v5.12.0"),),
    ),
    Rule(
        "unused-key", _NOTE, "A gateway no longer reads the key.", "remove it",
        (Effect("it has no effect", _CONF, source="config/config.go:122 @v5.12.0"),),
    ),
)  # fmt: skip

RULES = {rule.id: rule for rule in _ROWS}
