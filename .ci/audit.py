"""Look for known vulnerabilities of the installed distributions with pip-audit, and print what it found.

Exit codes: 0 none is known, or the database cannot be reached, which is said; 1 some are known; 2 pip-audit
failed for another reason.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

COMMAND = (
    sys.executable,
    "-m",
    "pip_audit",
    "--local",
    "--skip-editable",
    "--progress-spinner=off",
    "--format=json",
)
_UNREACHABLE = re.compile(  # the line of pip-audit if it has no answer from the database
    r"^(?:(?:requests|urllib3|pip_audit)[\w.]*\.\w*(?:Error|Exception|Timeout)\b|ERROR.*Could not connect).*",
    re.MULTILINE,
)


def main(command: tuple[str, ...] = COMMAND) -> int:
    """Run pip-audit and print its result; return the exit code."""
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        distributions = json.loads(process.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if unreachable := _UNREACHABLE.search(process.stderr):
            print(
                f"nothing is known of vulnerabilities, for the database has no answer: {unreachable[0][:200]}"
            )
            return 0
        print(f"pip-audit failed: {process.stderr.strip()[-2000:] or 'it printed nothing'}", file=sys.stderr)
        return 2
    return _report(distributions)


def _report(distributions: list[dict[str, Any]]) -> int:
    audited = [distribution for distribution in distributions if "skip_reason" not in distribution]
    vulnerable = [distribution for distribution in audited if distribution["vulns"]]
    for distribution in vulnerable:
        for found in distribution["vulns"]:
            fixed = ", ".join(found.get("fix_versions", [])) or "no version"
            print(f"{distribution['name']} {distribution['version']}: {found['id']}, fixed in {fixed}")
    print(f"{len(vulnerable)} of {len(audited)} audited distributions have known vulnerabilities")
    if missing := len(distributions) - len(audited):
        print(f"the database has no data on {missing} more distributions, so that nothing is known of them")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
