"""Generated mutants of the mock's source: one for each constant, operator, condition and call statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mockserver.mutation.mutant import SOURCE, Edit, Mutant, source_of

_GATEWAY = (
    "gateway.handlers.policies", "gateway.handlers.probes", "gateway.handlers.reloads",
    "gateway.replies", "gateway.policy_store", "gateway.loaded_policies", "contract.codecs",
    "serving.dispatcher",
    "gateway.service", "contract.routes", "service.registry", "http.messages", "http.responses",
    "http.server", "http.chunked_body", "http.connection", "http.lanes", "http.memory", "http.request_reader",
    "golang.urls", "golang.json_reader", "golang.json_writer", "golang.scalars",
    "golang.structs", "gateway.handlers.keys", "gateway.key_writes", "gateway.policy_application",
    "gateway.policy_merging", "gateway.session_store", "gateway.key_ids", "gateway.provenance",
    "gateway.handlers.apis", "gateway.handlers.oauth", "gateway.handlers.organisations",
    "gateway.api_store", "gateway.api_definition", "gateway.rate_limits", "gateway.limiters",
    "gateway.oauth_store", "gateway.session_cache", "gateway.jwks_cache", "gateway.proxy.jwt_identity",
    "gateway.proxy.oauth_tokens", "gateway.proxy.access", "gateway.proxy.limits",
    "gateway.proxy.request_context", "gateway.proxy.jwt_tokens", "gateway.proxy.middleware",
    "gateway.proxy.policy_sessions", "gateway.proxy.upstream", "gateway.proxy.path_patterns",
    "gateway.proxy.signatures", "gateway.proxy.version_apis", "gateway.oauth_grants",
    "gateway.proxy.authorization_requests", "gateway.proxy.token_requests",
    "gateway.match_cache", "golang.regexps", "golang.content_sniffing",
    "gateway.api_versions", "gateway.certificates", "gateway.health", "gateway.listen_path",
    "gateway.mcp_rights", "gateway.passwords", "gateway.path_expression", "gateway.per_api_rights",
    "gateway.policy_plan", "gateway.provider_keys", "gateway.sliding_logs", "gateway.unread_policies",
    "gateway.handlers.api_writes", "gateway.handlers.caches", "gateway.handlers.certificates",
    "gateway.handlers.definition_schema", "gateway.handlers.mcp_proxies",
    "gateway.handlers.open_api_writes", "gateway.handlers.open_apis", "gateway.oas.authentication",
    "gateway.oas.conversion", "gateway.oas.definition", "gateway.oas.durations",
    "gateway.oas.error_overrides", "gateway.oas.events", "gateway.oas.importing", "gateway.oas.oauth",
    "gateway.oas.security_requirements", "gateway.oas.upstream",
    "gateway.oas.json_schema", "gateway.oas.loading", "gateway.oas.operations", "gateway.oas.path_rules",
    "gateway.oas.places", "gateway.oas.schema", "gateway.oas.sections", "gateway.oas.servers",
    "gateway.oas.shape", "gateway.oas.validation", "gateway.graphql.depth", "gateway.graphql.documents",
    "gateway.graphql.fields", "gateway.graphql.introspection", "gateway.graphql.judgement",
    "gateway.graphql.normalisation", "gateway.graphql.printing", "gateway.graphql.refusals",
    "gateway.graphql.requests", "gateway.graphql.resolution", "gateway.graphql.schemas",
    "gateway.graphql.validation", "gateway.graphql.variables", "gateway.proxy.basic_auth",
    "gateway.proxy.batch", "gateway.proxy.challenges", "gateway.proxy.custom_claims",
    "gateway.proxy.definition_replies", "gateway.proxy.graphql_api", "gateway.proxy.http_signatures",
    "gateway.proxy.jwt_claims", "gateway.proxy.key_sets", "gateway.proxy.limit_names",
    "gateway.proxy.older_key_sets", "gateway.proxy.openid_tokens", "gateway.proxy.organisation_limits",
    "gateway.proxy.path_lists", "gateway.proxy.tracing", "gateway.proxy.mcp.access_lists",
    "gateway.proxy.mcp.answers", "gateway.proxy.mcp.checks", "gateway.proxy.mcp.endpoint_limits",
    "gateway.proxy.mcp.event_streams", "gateway.proxy.mcp.messages", "gateway.proxy.answer_headers",
    "gateway.proxy.context_variables", "gateway.proxy.header_transforms", "gateway.proxy.rewrites",
    "gateway.proxy.url_triggers", "gateway.proxy.variables",
    "service.json_replies",
    "service.clock", "service.fault", "service.fault_members", "service.faults", "service.journal",
    "service.journal_entry", "service.journal_parts", "service.mock",
    "serving.control_access", "storage.backend", "storage.bounded_connection", "storage.directory_files",
    "storage.directory_lock", "storage.file_names", "storage.file_writer", "storage.files",
    "storage.overwriting", "storage.redis_backend", "storage.redis_client", "storage.redis_errors",
    "storage.redis_listener", "storage.snapshot", "storage.store_url", "gateway.config",
    "service.configuration",
)  # fmt: skip
_DASHBOARD = (  # those that decide what REST answers of policies
    "dashboard.handlers.policies", "dashboard.handlers.registration", "dashboard.service",
    "dashboard.policies", "dashboard.derived_members", "dashboard.policy_forms", "dashboard.policy_states",
    "dashboard.listing", "dashboard.records", "dashboard.replies",
)  # fmt: skip
MODULES = {"gateway": _GATEWAY, "dashboard": _DASHBOARD}  # by service

_OPERATORS: dict[type, tuple[str, str]] = {  # the operator and its replacement
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"),
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.And: ("and", "or"), ast.Or: ("or", "and"),
}  # fmt: skip


def mutants(service: str) -> list[Mutant]:
    """All mutants of a service's `MODULES`, in the order of the code."""
    return [mutant for module in MODULES[service] for mutant in _mutants_of(service, module)]


def _mutants_of(service: str, module: str) -> Iterator[Mutant]:
    source = source_of(module)
    collector = _EditCollector(module, source)
    collector.visit(ast.parse(source))
    count: dict[str, int] = {}
    lines = source.splitlines()
    for function, edit in sorted(collector.edits, key=lambda item: item[1].at):
        name = f"{module}.{function}" if function else module
        count[name] = count.get(name, 0) + 1
        number = source.count("\n", 0, edit.at)
        line = " ".join(lines[number].split())
        old, new = (" ".join(text.split()) for text in (edit.old, edit.new))
        breaks = f"{module.replace('.', '/')}.py:{number + 1} {old} -> {new}, in: {line}"
        yield Mutant(f"{name}#{count[name]}", SOURCE, breaks, edit, service=service)


class _EditCollector(ast.NodeVisitor):
    """A visitor that collects the edits of one module, each with the dotted name of its function."""

    def __init__(self, module: str, source: str) -> None:
        self.edits: list[tuple[str, Edit]] = []
        self._module = module
        self._source = source
        self._line_starts = [0]
        for line in source.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))
        self._scopes: list[str] = []

    def _add(self, start: int, end: int, new: str) -> None:
        old = self._source[start:end]
        if old != new:
            self.edits.append((".".join(self._scopes), Edit(self._module, start, old, new)))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._position(node.lineno, node.col_offset),
            self._position(node.end_lineno, node.end_col_offset),
        )

    def _position(self, line: int, offset: int) -> int:
        start = self._line_starts[line - 1]
        text = self._source[start : self._line_starts[line]]
        return start + len(text.encode()[:offset].decode())

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self._source[start:end]

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        start, end = self._span(left)[1], self._span(right)[0]
        at = self._source.find(old, start, end)
        if at >= 0:
            self._add(at, at + len(old), new)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._scopes.append(node.name)
        body = node.body[1:] if ast.get_docstring(node) else node.body
        for child in (*node.decorator_list, *node.args.defaults, *body):
            self.visit(child)
        self._scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scopes.append(node.name)
        for child in node.body[1:] if ast.get_docstring(node) else node.body:
            self.visit(child)
        self._scopes.pop()

    def visit_Module(self, node: ast.Module) -> None:
        for child in node.body[1:]:
            self.visit(child)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)  # an annotation has no effect at run time

    def visit_Assert(self, node: ast.Assert) -> None:
        """Skip asserts: they only narrow types."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Skip f-strings: Python before 3.12 gives wrong positions inside them."""

    def visit_Constant(self, node: ast.Constant) -> None:
        start, end = self._span(node)
        value = node.value
        if isinstance(value, bool):
            self._add(start, end, str(not value))
        elif isinstance(value, int):
            self._add(start, end, str(value + 1))
        elif isinstance(value, str):
            self._add(start, end, repr(f"{value}q"))
        elif isinstance(value, bytes):
            self._add(start, end, repr(value + b"q"))

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            self._between(left, right, *_OPERATORS[type(operator)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = _OPERATORS[type(node.op)]
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, old, new)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in _OPERATORS:
            self._between(node.left, node.right, *_OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(*self._span(node), f"bool({self._text(node.operand)})")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        if not isinstance(test, (ast.Compare, ast.UnaryOp)):
            self._add(*self._span(test), f"not ({self._text(test)})")

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._add(*self._span(node), "None")
        self.generic_visit(node)
