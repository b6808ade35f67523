"""The clock of a mock: its times, which tests move, and its alarms."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from mockserver.service import clock as clock_module
from mockserver.service.clock import Clock

A_HUNDRED_YEARS = 3_162_240_000  # seconds, each year a leap year


class Seconds:
    """The time of a clock under test: seconds since the epoch, and of the machine."""

    epoch = 1_700_000_000.0
    machine = 500.0


@pytest.fixture(name="seconds")
def _seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """Time that stands still until a test moves it."""
    seconds = Seconds()
    time = SimpleNamespace(time=lambda: seconds.epoch, monotonic=lambda: seconds.machine)
    monkeypatch.setattr(clock_module, "time", time)
    return seconds


def test_an_alarm_runs_once_when_it_is_due(seconds: Seconds) -> None:
    """The action of an alarm runs at its uptime, once, and not before."""
    clock, runs = Clock(), []
    clock.call_at(1000, lambda: runs.append(clock.uptime()))
    clock.run_due()
    clock.advance(999.5)
    assert (runs, clock.is_due) == ([], False)
    seconds.machine += 0.5
    assert clock.is_due
    clock.run_due()
    clock.run_due()
    assert (runs, clock.is_due) == ([1000.0], False)


def test_an_advance_runs_all_due_alarms_in_their_order(seconds: Seconds) -> None:
    """Moving the clock runs each alarm that becomes due, and leaves the others set."""
    clock, runs = Clock(), []
    for uptime in (1000, 2000, 3000):
        clock.call_at(uptime, lambda uptime=uptime: runs.append(uptime))  # type: ignore[misc]
    clock.advance(2000)
    assert runs == [1000, 2000]
    clock.advance(1000)
    assert runs == [1000, 2000, 3000]


def test_a_cancelled_alarm_does_not_run(seconds: Seconds) -> None:
    """A cancelled alarm never runs, a second cancellation changes nothing, and equal alarms are two."""
    clock, runs = Clock(), []

    def action() -> None:
        runs.append("run")

    first, _ = clock.call_at(1000, action), clock.call_at(1000, action)
    clock.cancel(first)
    clock.cancel(first)
    clock.advance(1000)
    assert runs == ["run"]


def test_a_reset_cancels_alarms_and_moves_the_clock_back(seconds: Seconds) -> None:
    """A reset clears all alarms, and both times begin at the present."""
    clock, runs = Clock(), []
    clock.call_at(1000, lambda: runs.append("run"))
    clock.advance(999)
    clock.skip_to(999.5)
    seconds.machine += 5
    clock.reset()
    assert (clock.now(), clock.uptime()) == (seconds.epoch, 0.0)
    clock.advance(1000)
    assert runs == []


def test_an_alarm_runs_by_itself() -> None:
    """An alarm runs by a timer in a thread of its own, though nobody asks the clock."""
    clock, ran = Clock(), threading.Event()
    clock.skip_to(1000)
    clock.call_at(clock.uptime() + 0.01, ran.set)
    assert ran.wait(10)


def test_no_other_thread_passes_while_an_action_runs(seconds: Seconds) -> None:
    """The clock's lock is held while an action runs, so that `run_due` returns when none is being run."""
    clock, free = Clock(), []

    def try_lock() -> None:
        acquired = clock.lock.acquire(blocking=False)
        free.append(acquired)
        if acquired:
            clock.lock.release()

    def action() -> None:
        other = threading.Thread(target=try_lock)
        other.start()
        other.join(10)

    clock.call_at(0, action)
    clock.run_due()
    assert free == [False]


def test_skipped_time_makes_the_process_older_alone(seconds: Seconds) -> None:
    """Skipping moves the uptime and not the wall clock; advancing moves both; neither goes back."""
    clock = Clock()
    clock.skip_to(10)
    clock.skip_to(5)
    assert (clock.now(), clock.uptime()) == (seconds.epoch, 10.0)
    clock.advance(2.5)
    assert (clock.now(), clock.uptime()) == (seconds.epoch + 2.5, 12.5)


@pytest.mark.parametrize(("uptime", "tick"), [(0.0, 2.0), (1.9, 2.0), (2.0, 4.0), (3.5, 4.0)])
def test_the_next_tick_is_after_now(seconds: Seconds, uptime: float, tick: float) -> None:
    """A ticker fires at whole multiples of its interval, the next time always later than now."""
    clock = Clock()
    clock.skip_to(uptime)
    assert clock.next_tick(2) == tick


@pytest.mark.parametrize("amount", [-1, float("nan"), A_HUNDRED_YEARS + 1, "1", None, True])
def test_a_clock_refuses_a_wrong_amount(seconds: Seconds, amount: Any) -> None:
    """A clock is advanced by a number of seconds from 0 to a hundred years, and by nothing else."""
    clock = Clock()
    with pytest.raises(ValueError, match="give a positive number"):
        clock.advance(amount)
    assert clock.uptime() == 0.0


@pytest.mark.parametrize("amount", [0, A_HUNDRED_YEARS])
def test_a_clock_takes_the_smallest_and_the_largest_amount(seconds: Seconds, amount: float) -> None:
    """A clock may be advanced by no time, and by a hundred years."""
    clock = Clock()
    clock.advance(amount)
    assert clock.uptime() == amount


def test_a_frozen_clock_stands_still(seconds: Seconds) -> None:
    """A frozen clock passes by `advance` alone, and runs the alarms that become due by it."""
    clock, runs = Clock(), []
    clock.call_at(10, lambda: runs.append("rung"))
    clock.freeze()
    before = clock.now(), clock.uptime()
    seconds.epoch += 50
    seconds.machine += 50
    clock.run_due()
    assert ((clock.now(), clock.uptime()), runs, clock.is_due) == (before, [], False)
    clock.advance(10)
    assert ((clock.now(), clock.uptime()), runs) == ((before[0] + 10, before[1] + 10), ["rung"])


def test_a_clock_is_frozen_at_a_time(seconds: Seconds) -> None:
    """A clock that is frozen at a time shows that time, whatever it was advanced by before."""
    clock = Clock()
    clock.advance(1000)
    clock.freeze(1_000_000)
    assert clock.now() == 1_000_000
    clock.reset()
    assert clock.now() == seconds.epoch


def test_a_clock_goes_on_from_where_it_stands(seconds: Seconds) -> None:
    """A clock that passes again goes on from the frozen times, and its alarms are due by them."""
    clock = Clock()
    clock.call_at(10, lambda: None)
    clock.freeze(1_000_000)
    seconds.epoch += 50
    seconds.machine += 50
    clock.unfreeze()
    assert (clock.now(), clock.uptime()) == (1_000_000, 0)
    seconds.epoch += 10
    seconds.machine += 10
    assert (clock.now(), clock.uptime(), clock.is_due) == (1_000_010, 10, True)


def test_an_alarm_rings_after_the_clock_was_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alarm whose timer went off while the clock was frozen gets another one when it passes again."""
    timers: list[float] = []

    def timer(seconds: float, _: Any) -> Any:
        timers.append(seconds)
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(clock_module.threading, "Timer", timer)  # type: ignore[attr-defined]
    clock = Clock()
    clock.freeze()
    clock.call_at(clock.uptime() + 5, lambda: None)
    clock.unfreeze()
    assert timers == [5, pytest.approx(5, abs=1)]


@pytest.mark.parametrize("at", [-1, 1e12, float("nan"), "2026", True])
def test_a_clock_is_frozen_at_no_other_times(seconds: Seconds, at: Any) -> None:
    """What is no time from 1970 to 9999 is refused, and the clock passes on."""
    clock = Clock()
    with pytest.raises(ValueError, match="give seconds since the epoch"):
        clock.freeze(at)
    seconds.machine += 5
    assert clock.uptime() == 5


def test_a_wrong_change_changes_nothing(seconds: Seconds) -> None:
    """A change of which one value is wrong neither freezes nor advances the clock."""
    clock = Clock()
    clock.freeze(1_000_000)
    for values in ({"freeze": False, "advance": -1}, {"freeze": True, "at": -1}, {"at": 5}):
        with pytest.raises(ValueError, match="clock"):
            clock.change(**values)  # type: ignore[arg-type]  # of several types
    assert (clock.is_frozen, clock.now()) == (True, 1_000_000)
