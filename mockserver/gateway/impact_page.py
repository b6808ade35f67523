"""The report of an impact as one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape
from string import Template

from mockserver.gateway.impact_report import ImpactReport, groups, origin_text, shown_changes, value_text
from mockserver.gateway.session_impact import MEANINGS, SessionImpact

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;
color:#222;background:#fff}
h1{font-size:1.4em} h2{font-size:1.1em;margin:1.5em 0 .3em} code,pre{font:13px/1.4 ui-monospace,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em;margin:.3em 0}
table{border-collapse:collapse;margin:.3em 0} td,th{text-align:left;padding:.1em 1em .1em 0;
overflow-wrap:anywhere;vertical-align:top}
.number{text-align:right}
@media (prefers-color-scheme:dark){body{background:#181818;color:#ddd} pre{background:#262626}}
</style></head><body>
<h1>$title</h1>
<p>By the rules of gateway $version.</p>
<table>$counts</table>
$notes
<main>$groups$moves</main>
</body></html>
""")


def as_html(report: ImpactReport) -> str:
    """The page with counts, the affected sessions by equal impact, and the requests that move sessions."""
    counts = "".join(
        f'<tr><td class="number">{count}</td><td>{outcome}</td><td>{escape(MEANINGS[outcome])}</td></tr>'
        for outcome, count in report.summary
    )
    moves = "".join(
        f"<section><h2>Move {escape(report.name_of(move.impact.key))}: {move.impact.outcome}</h2>"
        f"{_changes(move.impact)}<pre>{escape(move.request)}</pre></section>"
        for move in report.moves
    )
    return _PAGE.substitute(
        title=escape(report.title),
        version=escape(f"{report.version} ({report.source})"),
        counts=counts,
        notes="".join(f"<p>{escape(note)}</p>" for note in report.cautions),
        groups="".join(_group(report, group) for group in groups(report.impacts)),
        moves=moves,
    )


def _group(report: ImpactReport, group: list[SessionImpact]) -> str:
    first = group[0]
    saved = f"<p>As last saved with the key: {escape(', '.join(first.saved))}.</p>" if first.saved else ""
    reason = f"<p>{escape(first.refusal)}</p>" if first.refusal else ""
    return (
        f"<section><h2>{first.outcome}: {len(group)}</h2>{reason}"
        f"<p>Keys: <code>{escape(report.names(group))}</code></p>{_changes(first)}{saved}</section>"
    )


def _changes(impact: SessionImpact) -> str:
    changes = shown_changes(impact)
    if not changes:
        return ""
    cells = (
        (
            change.path,
            value_text(change, change.before),
            value_text(change, change.after),
            origin_text(change),
        )
        for change in changes
    )
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in cells)
    return f"<table><tr><th>member</th><th>before</th><th>after</th><th>policy</th></tr>{rows}</table>"
