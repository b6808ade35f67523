"""An explanation as one HTML page: what is wrong, a picture, and a table of all values."""

from __future__ import annotations

from html import escape

from mockserver.console.html_page import html_page
from mockserver.console.terminal import printable
from mockserver.gateway.explanation import Explanation, sentence
from mockserver.gateway.explanation_picture import STYLE, as_svg
from mockserver.golang import json_writer

_STYLE = f"""{STYLE}
.scroll{{overflow-x:auto}}
.scroll td,.scroll th{{min-width:6em}} caption{{text-align:left;font-weight:600}} .refused{{color:#b3261e}}
@media (prefers-color-scheme:dark){{.refused{{color:#f2b8b5}}}}"""


def as_html(explanation: Explanation, version: str) -> str:
    """The page of an explanation by the rules of a gateway version."""
    kind = ' class="refused"' if explanation.error else ""
    verdict = f"refused: {explanation.error}" if explanation.error else "the policies are applied"
    problems = "".join(
        f"<li>{_text(sentence(policy, explanation))}</li>"
        for policy in explanation.policies
        if policy.problem
    )
    rows = "".join(
        f'<tr><th scope="row">{_text(reason.path)}</th><td><code>{_text(json_writer.write(reason.value))}'
        f"</code></td><td>{_text(reason.origin)}</td><td>{_text(reason.rule)}</td></tr>"
        for reason in explanation.reasons
    )
    body = (
        f"<p>By the rules of gateway {escape(version)}: "
        f"<strong{kind}>{_text(verdict)}</strong>.</p>\n"
        f"<ul>{problems}</ul>\n<main>{as_svg(explanation)}\n"
        '<div class="scroll" tabindex="0" role="region" aria-label="Values"><table>'
        "<caption>Each value, its policy and the rule</caption>"
        '<thead><tr><th scope="col">member</th><th scope="col">value</th><th scope="col">policy</th>'
        f'<th scope="col">rule</th></tr></thead><tbody>{rows}</tbody></table></div></main>'
    )
    return html_page("What a session gets, and why", body, _STYLE)


def _text(text: str) -> str:
    return escape(printable(text))
