"""Make spec/dashboard/examples.yaml: for each behaviour an exchange of the mock Dashboard, as tests send it.

Nobody has recorded a Dashboard, so that these are no evidence; run it as `make examples`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine import preflight, runner
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import operation_at
from contract_tests.report.verdicts import Report, Status, Trace, Verdict
from mockserver.cli.catalogue import EXAMPLES
from mockserver.contract.openapi import Contract

HEAD = """\
# An exchange of the mock Dashboard for each behaviour, as the test of the suite sends it. These are examples,
# and no evidence, for nobody has recorded a Dashboard. Names, ids and times stand for those of a run.
# Made by `make examples`.

"""
NAME = re.compile(r"tyk-contract-[0-9a-f]{8}-(?:\d+)?")
IDENTIFIER = re.compile(r"\b[0-9a-f]{24,32}\b")
CUT = re.compile(r",[^,]*\.\.\. \(\d+ characters\)$")
STAND_INS = {  # for what differs from one run to the next
    re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?"): "2026-01-01T00:00:00",
    re.compile(r"\b1[789]\d{8}\b"): "1767225600",
    re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"): "00000000-0000-4000-8000-000000000001",
    re.compile(r'(?<="Nonce":")[^"]+'): "bm9uY2U=",
}


def main(path: Path = DASHBOARD.folder / EXAMPLES) -> None:
    """Judge the mock Dashboard, and write the file."""
    options = RunOptions(service=DASHBOARD.name, strict=True)
    detected = preflight.of_mock(DASHBOARD, "auto")
    report = runner.run(options, detected)
    rows = examples(report, DASHBOARD.contract(detected.version))
    path.write_text(HEAD + yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=110), "utf-8")


def examples(report: Report, contract: Contract) -> dict[str, dict[str, str]]:
    """The example of each behaviour that passed, in the order of their table.

    Of the behaviours of any operation, only the first has an exchange that several show.
    """
    chosen: dict[str, Trace] = {}
    for verdict in report.verdicts:
        trace = _example(verdict, contract)
        if verdict.status is Status.PASSED and trace is not None:
            chosen.setdefault(verdict.behaviour, trace)
    rows, shown = {}, set()
    for name, behaviour in DASHBOARD.behaviours.items():
        row = _as_dict(chosen[name]) if name in chosen else {}
        sign = (row.get("request"), row.get("answer", "")[:3])
        if row and not (behaviour.operation == "any" and sign in shown):
            rows[name] = row
        shown.add(sign)
    return rows


def _example(verdict: Verdict, contract: Contract) -> Trace | None:
    """The last exchange of a test with its operation, else its last one; None if it has none."""
    of_operation = [
        trace
        for trace in verdict.exchanges
        if (operation := operation_at(contract, trace.method, trace.target))
        and operation.id == verdict.operation
    ]
    return next(reversed(of_operation or verdict.exchanges), None)


def _as_dict(trace: Trace) -> dict[str, str]:
    texts = (f"{trace.method} {trace.target}", trace.sent, f"{trace.status} {trace.answered}")
    request, body, answer = _settled(texts)
    return {"request": request, **({"body": body} if body else {}), "answer": answer}


def _settled(texts: Iterable[str]) -> list[str]:
    """Texts with names, ids and times that are the same in each run."""
    known: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        return known.setdefault(match[0], f"policy-{len(known) + 1}")

    def identifier(match: re.Match[str]) -> str:
        return known.setdefault(match[0], f"{len(known) + 1:0{len(match[0])}d}")

    def settled(text: str) -> str:
        text = IDENTIFIER.sub(identifier, NAME.sub(name, CUT.sub(",...", text)))
        for pattern, stand_in in STAND_INS.items():
            text = pattern.sub(stand_in, text)
        return text

    return list(map(settled, texts))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
