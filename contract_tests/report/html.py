"""The report as one HTML page that needs nothing else and can be filtered."""

from __future__ import annotations

from html import escape
from string import Template

from contract_tests.report.verdicts import Report, Status, Trace, Verdict
from mockserver.console.html_page import html_page

_STYLE = """details{border-left:.4em solid #999;margin:.3em 0;padding:.1em .8em} summary{cursor:pointer}
.passed{border-color:#2a7d46}.failed{border-color:#b3261e}.error{border-color:#b26a00}
dt{font-weight:600} dd{margin:0 0 .4em;overflow-wrap:anywhere}
label{margin-right:1em} input[type=search]{width:20em}"""
_BODY = Template("""<p>$summary</p>
<p><input type="search" id="words" placeholder="filter by words" aria-label="filter by words"> $boxes</p>
$findings
<main>$groups</main>
$coverage
<script>
const words = document.getElementById("words");
const boxes = [...document.querySelectorAll("input[type=checkbox]")];
function show() {
  const shown = new Set(boxes.filter(b => b.checked).map(b => b.value));
  const wanted = words.value.toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const item of section.querySelectorAll("details")) {
      item.hidden = !shown.has(item.dataset.status) || !item.textContent.toLowerCase().includes(wanted);
      any = any || !item.hidden;
    }
    section.hidden = !any;
  }
}
words.addEventListener("input", show);
boxes.forEach(box => box.addEventListener("change", show));
</script>""")


def as_html(report: Report) -> str:
    """The page with counts, filters, and each behaviour with its exchanges, failures first."""
    order = [
        Status.FAILED, Status.ERROR, Status.ACCEPTED, Status.OBSERVED, Status.PASSED, Status.NOT_APPLICABLE,
    ]  # fmt: skip
    verdicts = sorted(report.verdicts, key=lambda verdict: order.index(verdict.status))
    operations = dict.fromkeys(verdict.operation for verdict in verdicts)
    summary = (
        f"{report.url}, judged as {report.gateway} ({report.version_source}) on {report.date} "
        f"by tyk-contract {report.suite}, profile {report.profile}; "
        f"{report.reloads} reloads, {report.seconds:.1f} s"
    )
    for note in report.connection_notes:
        summary += f"; {note}"
    if report.not_offered_note:
        summary += f"; {report.not_offered_note}"
    body = _BODY.substitute(
        summary=escape(summary),
        boxes=" ".join(_box(status, len(report.of(status))) for status in order),
        findings=_findings(report),
        coverage=_coverage(report),
        groups="\n".join(_group(name, [v for v in verdicts if v.operation == name]) for name in operations),
    )
    return html_page(
        f"{report.service.capitalize()} {report.gateway} {report.outcome.sentence}", body, _STYLE
    )


def _findings(report: Report) -> str:
    """The failures by their causes, and the verdict on each level."""
    levels = "".join(f"<li>{level}: {escape(v.sentence)}</li>" for level, v in report.levels.items())
    items = "".join(
        f"<li><p>{escape(finding.summary)}</p><pre>{escape(finding.as_text())}</pre></li>"
        for finding in report.findings
    )
    return f"<ul>{levels}</ul>" + (f"<h2>findings</h2><ol>{items}</ol>" if items else "")


def _coverage(report: Report) -> str:
    """The table of the statuses that were answered, by operation; "" without coverage."""
    if report.coverage is None:
        return ""
    head, *rows = report.coverage.table()
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    return (
        f"<h2>coverage</h2><p>{escape(report.coverage.summary)}</p><table><tr>{heads}</tr>\n{lines}</table>"
    )


def _box(status: Status, count: int) -> str:
    box = f'<input type="checkbox" value="{status.name}" checked>'
    return f"<label>{box} {status.value} ({count})</label>"


def _group(operation: str, verdicts: list[Verdict]) -> str:
    items = "\n".join(map(_item, verdicts))
    return f"<section><h2>{escape(operation)}</h2>\n{items}</section>"


def _item(verdict: Verdict) -> str:
    rows = {
        "requirement": verdict.statement,
        "source": verdict.source,
        "reason": verdict.reason,
        "expected": verdict.expected,
        "actual": verdict.actual,
        "hint": verdict.hint,
    }
    terms = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows.items() if text)
    curl = (
        f"<dt>reproduce</dt><dd><pre>{escape(chr(10).join(verdict.curl))}</pre></dd>" if verdict.curl else ""
    )
    traces = "".join(map(_trace, verdict.exchanges))
    is_open = " open" if verdict.status is Status.FAILED else ""
    kind = verdict.status.value.replace(" ", "-")
    return (
        f'<details class="{kind}" data-status="{verdict.status.name}"{is_open}>'
        f"<summary><code>{escape(verdict.behaviour)}</code> {verdict.status.value}</summary>"
        f"<dl>{terms}{curl}</dl>{traces}</details>"
    )


def _trace(trace: Trace) -> str:
    sent = f"\n{trace.sent}" if trace.sent else ""
    text = f"{trace.method} {trace.target}{sent}\n-> {trace.status or 'no answer'} {trace.answered}"
    return f"<pre>{escape(text)}</pre>"
