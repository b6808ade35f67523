"""The forms of the pages of a mock: faults and clock."""

from __future__ import annotations

from page_texts import page, post, text_of

from mockserver import MockGateway
from mockserver.serving.pages.rendering import PREFIX


def test_faults_are_set_and_cleared(gateway: MockGateway) -> None:
    """The forms set a scenario and a fault as the mock's own API does; what is wrong is told, and stays typed."""
    assert post(gateway, "faults", scenario="redis-down", times="").status == 303
    fields = {
        "operation": "addPolicy",
        "status": "503",
        "times": "2",
        "end": "",
        "others": '{"first": 2}',
        "body": "",
    }
    assert post(gateway, "faults", **fields).status == 303
    post(gateway, "faults", operation="*", end="reset", delay="[0.1, 0.2]")
    assert gateway.mock.faults.as_list() == [
        {"scenario": "redis-down", "times": 0, "applied": 0},
        {"operation": "addPolicy", "status": 503, "times": 2, "first": 2, "applied": 0},
        {"operation": "*", "delay": [0.1, 0.2], "reset": True, "times": 1, "applied": 0},
    ]
    text = text_of(page(gateway, f"{PREFIX}/faults"))
    assert "scenario redis-down The gateway no longer finds keys" in text
    for wrong, problem in (
        ({"status": "x"}, "status cannot be 'x'; give a number"),
        ({"status": "99999"}, "status"),
        ({"others": "[]"}, "further members must be a JSON object"),
        ({"others": "{"}, "further members must be a JSON object"),
        ({"operation": "addPolicy"}, "the fault does nothing"),
        ({"operation": "adPolicy", "status": "500"}, "adPolicy"),
    ):
        answer = post(gateway, "faults", policy="kept", **wrong)
        assert answer.status == 400
        assert problem in text_of(answer.body.decode())
        assert 'value="kept"' in answer.body.decode()
    post(gateway, "faults/clear")
    assert "None is set" in page(gateway, f"{PREFIX}/faults")


def test_the_clock_is_advanced_and_frozen(gateway: MockGateway) -> None:
    """The page of the clock advances, freezes and frees it, and tells what is no time."""
    assert post(gateway, "clock", action="freeze", at="2030-01-31 12:00:00").status == 303
    post(gateway, "clock", action="advance", seconds="60")
    text = page(gateway, f"{PREFIX}/clock")
    assert "2030-01-31 12:01:00 UTC" in text
    assert "it is frozen" in text
    post(gateway, "clock", action="unfreeze")
    assert "as real time does" in page(gateway, f"{PREFIX}/clock")
    for wrong, problem in (
        ({"action": "advance", "seconds": "x"}, "seconds cannot be 'x'"), ({"action": "advance", "seconds": "-1"}, "-1"),
        ({"action": "advance", "seconds": "nan"}, "nan"), ({"action": "freeze", "at": "soon"}, "the time cannot be 'soon'"),
        ({"action": "stop"}, "there is no action 'stop'"),
    ):  # fmt: skip
        answer = post(gateway, "clock", **wrong)
        assert (answer.status, problem in text_of(answer.body.decode())) == (400, True)
