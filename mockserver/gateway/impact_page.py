"""The report of an impact as one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape

from mockserver.console.html_page import html_page
from mockserver.gateway.impact_report import ImpactReport, groups, origin_text, shown_changes, value_text
from mockserver.gateway.session_impact import MEANINGS, SessionImpact


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
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.cautions)
    listed = "".join(_group(report, group) for group in groups(report.impacts))
    version = escape(f"{report.version} ({report.source})")
    return html_page(
        report.title,
        f"<p>By the rules of gateway {version}.</p>\n<table>{counts}</table>\n{notes}\n"
        f"<main>{listed}{moves}</main>",
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
