"""The suite under attack: reads cases from standard input, one JSON object a line, and writes what came of each.

A case names a command (`clean`, `record`, `verify`) or one test of the suite, and the URL of the server that
attacks it. The worker runs many in one process, for a start takes much longer than a case.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.servers import KEY, SECRET

MODULES = {
    "gateway": (
        "test_keys", "test_key_members", "test_oauth", "test_oauth_clients", "test_oauth_tokens", "test_organisations", "test_apis",
        "test_add_policy", "test_update_policy", "test_delete_policy", "test_ids_apart", "test_get_policy", "test_list_policies",
        "test_preview", "test_health", "test_routing", "test_key_lists", "test_policy_documents",
        "test_certificates", "test_client_certificates", "test_open_apis", "test_open_refusals", "test_open_traffic",
        "test_open_credentials", "test_base_apis", "test_version_apis", "test_definition_schema", "test_mcp_proxies",
        "test_mcp_definitions", "test_mcp_messages", "test_mcp_rights", "test_mcp_limits", "test_graphql",
        "test_graphql_rights", "test_key_sets", "test_id_tokens", "test_jwt", "test_basic_auth", "test_http_signatures",
        "test_path_lists", "test_protocols", "test_upstream", "test_traces", "test_batches", "test_keys_of_apis",
    ),
    "dashboard": (
        "test_access_keys", "test_create", "test_read", "test_lists", "test_update_delete", "test_auth_types", "test_nodes",
        "test_graphql",
    ),
}  # fmt: skip
TIMEOUT = 1.0  # seconds of one exchange of a test
NODE_SECRET = "mock-node-secret"  # of the mock Dashboard
MAX_TIME = 20.0  # seconds of all exchanges of a test, and of `verify`


def main() -> None:
    """Run the cases until the end of standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the parent, which ends this process
    for line in sys.stdin:
        case = json.loads(line)
        output, fault, code = io.StringIO(), "", 0
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                code = COMMANDS[case["kind"]](case)
            except SystemExit as end:
                code = int(end.code or 0)
            except BaseException:  # noqa: BLE001  whatever escapes is what is looked for
                fault = traceback.format_exc()[-1500:]
        print(json.dumps({"code": code, "fault": fault, "output": output.getvalue()}), flush=True)


def _command(*words: str) -> int:
    from mockserver.cli.main import main as command

    command(words)
    return 0


def _target(case: dict[str, Any]) -> tuple[str, ...]:
    """The URL of the server that attacks, its service and a credential, as arguments of a command."""
    is_dashboard = case["service"] == "dashboard"
    return case["url"], *(("--service", "dashboard", "--key", KEY) if is_dashboard else ("--secret", SECRET))


def _clean(case: dict[str, Any]) -> int:
    return _command("clean", *_target(case), "--yes")


def _record(case: dict[str, Any]) -> int:
    """Record a few scenarios that need no files and no time."""
    from mockserver.evidence.scenarios import load_scenarios

    quick = [
        scenario.name
        for scenario, needs in load_scenarios((), case["service"])
        if not needs and not any("wait" in step for step in scenario.steps)
    ]
    rng = random.Random(case["seed"])
    chosen = [word for name in rng.sample(quick, 2) for word in ("--scenarios", name)]
    with tempfile.TemporaryDirectory(prefix="tyk-contract-hostile-") as folder:
        return _command("record", *_target(case), "--out", f"{folder}/r.jsonl", *chosen)


def _export(case: dict[str, Any]) -> int:
    with tempfile.TemporaryDirectory(prefix="tyk-contract-hostile-") as folder:
        return _command(
            "export", *_target(case), "--output", f"{folder}/export", "--max-time", f"{MAX_TIME:g}"
        )


def _import(case: dict[str, Any]) -> int:
    """Import documents of each kind, which are new there; the policy of the key is not among them."""
    rights = {"imported-api": {"api_id": "imported-api"}}
    api = {"api_id": "imported-api", "name": "imported", "use_oauth2": True, "proxy": {"listen_path": "/i/"}}
    client = {
        "client_id": "imported",
        "api_id": "imported-api",
        "policy_id": "imported",
        "redirect_uri": "http://a",
    }
    documents = {
        "tyk-contract-export": 1,
        "policies": {"imported": {"id": "imported", "name": "imported", "access_rights": rights}},
        "apis": {"imported-api": api},
        "keys": {"imported-key": {"org_id": "imported", "apply_policies": ["none"], "access_rights": rights}},
        "clients": {"imported-api/imported": client},
    }
    with tempfile.TemporaryDirectory(prefix="tyk-contract-hostile-") as folder:
        Path(folder, "export.json").write_text(json.dumps(documents), "utf-8")
        return _command(
            "import", f"{folder}/export.json", *_target(case), "--yes", "--max-time", f"{MAX_TIME:g}"
        )


def _why(case: dict[str, Any]) -> int:
    """Explain a key of the gateway, with its sessions and policies."""
    return _command("why", case["url"], "--key", "victim-key", "--secret", SECRET)


def _impact(case: dict[str, Any]) -> int:
    return _command(
        "impact", *_target(case), "--delete", "victim-key", "--max-time", f"{MAX_TIME:g}",
        "--format", random.Random(case["seed"]).choice(("text", "json", "html")),
    )  # fmt: skip


def _propagation(case: dict[str, Any]) -> int:
    return _command("propagation", case["url"], "--key", KEY, "--gateway", case["url"], "--secret", SECRET)


def _compare(case: dict[str, Any]) -> int:
    """Compare the server with itself by the scenarios of one folder."""
    from mockserver.evidence.scenarios import load_scenarios

    folders = sorted({scenario.name.partition("/")[0] for scenario, _ in load_scenarios((), case["service"])})
    folder = random.Random(case["seed"]).choice(folders)
    target = _target(case)
    return _command("compare", target[0], *target, "--scenarios", f"{folder}/", "--max-time", f"{MAX_TIME:g}")


def _verify(case: dict[str, Any]) -> int:
    """Run `verify` in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "mockserver",
        "verify",
        *_target(case),
        "--quick",
        "--max-time",
        f"{MAX_TIME:g}",
    ]
    process = subprocess.run(command, capture_output=True, text=True, check=False, errors="surrogateescape")
    print(process.stdout, process.stderr)
    if "Traceback" in process.stderr or "the suite failed:" in process.stdout:
        raise AssertionError(process.stdout[-800:] + process.stderr[-800:])
    return process.returncode


def _test(case: dict[str, Any]) -> int:
    """Look at the service, then run one test, and remove what it wrote."""
    from contract_tests.dashboard.suite import SUITE as DASHBOARD
    from contract_tests.engine import preflight
    from contract_tests.engine.checks import Mismatch
    from contract_tests.engine.declaration import NotApplicable
    from contract_tests.engine.run import Run
    from contract_tests.engine.run_options import RunOptions
    from contract_tests.engine.schema_judge import SchemaJudge
    from contract_tests.engine.target import RunEnded
    from contract_tests.gateway.suite import SUITE as GATEWAY

    suite = DASHBOARD if case["service"] == "dashboard" else GATEWAY
    secret = KEY if suite is DASHBOARD else SECRET
    with contextlib.suppress(preflight.PreflightError):
        preflight.look(suite.service, case["url"], secret, "auto", timeout=TIMEOUT)
    version = preflight.of_mock(suite.service, "auto").version
    second = NODE_SECRET if suite is DASHBOARD else ""
    options = RunOptions(
        url=case["url"], secret=secret, second=second, service=case["service"], max_time=MAX_TIME
    )
    run = Run.open(suite.service, options, suite.service.contract(version), timeout=TIMEOUT)
    judge = SchemaJudge(run.contract)
    test = random.Random(case["seed"]).choice(_tests(case["service"]))
    print(test.__name__)
    client = suite.clients(run, judge)()
    with contextlib.suppress(RunEnded):
        try:
            for _ in test(client) or ():
                run.target.reload()
        except (Mismatch, NotApplicable, RecursionError) as finding:  # as the scheduler takes them
            str(finding)
        except Exception:
            if not judge.first_violation(client.exchanges):
                raise
        finally:
            run.cleanup.finish()
    judge.read(run.target.log)
    run.close()
    return 0


def _tests(service: str) -> list[Callable[[Any], Any]]:
    """The tests of a service that need no parameters."""
    modules = [importlib.import_module(f"contract_tests.{service}.{name}") for name in MODULES[service]]
    functions = itertools.chain.from_iterable(inspect.getmembers(module) for module in modules)
    return [
        function.declaration.function
        for _, function in functions
        if hasattr(function, "declaration")
        and list(inspect.signature(function.declaration.function).parameters) == [service]
    ]


COMMANDS: dict[str, Callable[[dict[str, Any]], int]] = {
    "clean": _clean,
    "compare": _compare,
    "export": _export,
    "impact": _impact,
    "import": _import,
    "propagation": _propagation,
    "record": _record,
    "test": _test,
    "verify": _verify,
    "why": _why,
}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
