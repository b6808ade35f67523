"""The page on the portal is true: its commands run, and its tables name what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from portals import add_api
from serving import QUIET, serving

from mockserver import MockDashboard
from mockserver.dashboard.portal import credentials, kinds, synchronisation
from mockserver.serving.control_access import ControlAccess
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.wsgi_app import application

PAGE = (Path(__file__).parent.parent / "docs" / "portal.md").read_text()
START, STEPS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def masked(text: str) -> str:
    """A text with its ids numbered as they come, and without times."""
    ids = list(dict.fromkeys(re.findall(r"\b[0-9a-f]{24}\b", text)))
    for number, object_id in enumerate(ids):
        text = text.replace(object_id, f"id {number}")
    return re.sub(r"\b[0-9]{10}\b", "time", text)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="the example uses curl")
def test_the_worked_example_works() -> None:
    """The commands of the page end with the explanation that the page shows."""
    start = re.match(r"(\w+)=(\w+) tyk-contract (\w+)", START)
    assert start is not None
    with serving("--gateway-port", "0", command=start[3], **{start[1]: start[2]}) as served:
        assert served.process.stdout is not None
        gateway = served.process.stdout.readline().split("mocked on ")[1].split()[0]
        script = STEPS.replace("http://127.0.0.1:3000", served.url).replace("http://127.0.0.1:8080", gateway)
        process = subprocess.run(
            ["bash", "-euc", script], capture_output=True, text=True, timeout=60, check=False, env=QUIET
        )
    assert process.returncode == 0, process.stderr
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert "\n200\n" in process.stdout
    explanation = [line for line in process.stdout.splitlines() if line.startswith("access_rights/")]
    assert masked("\n".join(explanation)) == masked(shown[1].rstrip())


def test_the_python_example_works() -> None:
    """The Python lines of the page make a credential."""
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    with MockDashboard(config={"enable_duplicate_slugs": True}) as dashboard:
        add_api(dashboard, "orders")
        names: dict[str, object] = {"dashboard": dashboard}
        exec(example[1], names)
        assert dashboard.portal.credentials.all()[0]["alias"] == "mobile"


def test_each_request_of_the_table_has_a_route(dashboard: MockDashboard) -> None:
    """The table of requests has each route of the portal with each method, and no others."""
    dispatcher = Dispatcher(dashboard.mock, dashboard.mock.services[0])
    app = application(dispatcher, ControlAccess())
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/_mock/portal")]
    adapter = app.url_map.bind("")
    served = {
        (method, adapter.match(path, method=method, return_rule=True)[0].rule)
        for method, path in re.findall(r"^\| `([A-Z]+) (/_mock/portal\S*)`", PAGE, re.MULTILINE)
    }
    assert served == {
        (method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_each_member_is_in_its_table() -> None:
    """The table of bodies has each member of each body, and no others."""
    rows = re.findall(
        r"^\| (a product|a plan|a credential|a synchronisation) \| (`.*) \|$", PAGE, re.MULTILINE
    )
    shown = {what: set(re.findall(r"`(\w+)`", members)) for what, members in rows}
    assert shown == {
        "a product": set(kinds.PRODUCT.members),
        "a plan": set(kinds.PLAN.members),
        "a credential": set(credentials.MEMBERS),
        "a synchronisation": set(synchronisation.MEMBERS),
    }
