"""One HTML page that needs no other file: the frame and style that all reports share."""

from __future__ import annotations

from html import escape
from string import Template

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;
color:#222;background:#fff;overflow-wrap:anywhere}
h1{font-size:1.4em} h2{font-size:1.1em;margin:1.5em 0 .3em} code,pre{font:13px/1.4 ui-monospace,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em;margin:.3em 0}
table{border-collapse:collapse;margin:.3em 0} td,th{text-align:left;padding:.1em 1em .1em 0;
overflow-wrap:anywhere;vertical-align:top}
.number{text-align:right}
$style
@media (prefers-color-scheme:dark){body{background:#181818;color:#ddd} pre{background:#262626}}
</style></head><body>
<h1>$title</h1>
$body
</body></html>
""")


def html_page(title: str, body: str, style: str = "") -> str:
    """A page with a title, which is escaped here, and a body and further style, which are HTML and CSS."""
    return _PAGE.substitute(title=escape(title), body=body, style=style)
