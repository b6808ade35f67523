"""docs/performance.md, made of one run's results."""

from __future__ import annotations

from typing import Any

BASE = "prism"


def made_of(results: dict[str, Any]) -> str:
    """The page: what was measured, as multiples of Prism where it was measured too."""
    parts = [_head(results), _speed(results["load"]), _plot(results["load"]), _rest(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: dict[str, Any]) -> str:
    machine = results["machine"]
    run = f"{results['rounds']} rounds of {results['seconds']} s"
    cpu = machine["cpu"] or machine["system"]
    return "\n".join(
        (
            "# Performance",
            "",
            "Made by `make bench`; do not edit. All servers ran on one machine in one run, in turns, one",
            f"process each: {run} by one thread of wrk over 16 connections, medians.",
            "Ours checks the secret, validates, keeps state and a journal.",
            "",
            f"{results['date'][:10]}, {machine['cores']} x {cpu}, Python {machine['python']}.",
        )
    )


def _speed(load: dict[str, Any]) -> str:
    names = list(next(iter(load.values())))
    rows = ["## Requests a second", "", _row("", *names), _row(*["---"] * (len(names) + 1))]
    for case, of in load.items():
        rows.append(_row(case, *(_shown(of[name], of.get(BASE)) for name in names)))
    return "\n".join([*rows, "", "In brackets the multiple of Prism, and the CPU of one request."])


def _shown(figures: dict[str, float], base: dict[str, float] | None) -> str:
    multiple = f"{figures['per_second'] / base['per_second']:.1f} x, " if base and base["per_second"] else ""
    failed = f", {figures['failed']:.0f} failed" if figures["failed"] else ""
    return f"{figures['per_second']:,.0f} ({multiple}{figures['cpu_us']:.0f} us{failed})"


def _plot(load: dict[str, Any]) -> str:
    """A bar for each server, of GET one and of PUT, as multiples of Prism."""
    if BASE not in load["GET one"]:
        return ""
    names = list(load["GET one"])
    charts = []
    for case in ("GET one", "PUT"):
        of = load[case]
        bars = ", ".join(f"{of[name]['per_second'] / of[BASE]['per_second']:.1f}" for name in names)
        axis = ", ".join(f'"{name}"' for name in names)
        charts.append(
            f'```mermaid\nxychart-beta\n  title "{case}, multiples of Prism"\n  x-axis [{axis}]\n'
            f'  y-axis "x Prism"\n  bar [{bars}]\n```'
        )
    return "\n\n".join(charts)


def _rest(results: dict[str, Any]) -> str:
    rows = [
        "## Start, memory, reload",
        "",
        _row("", *results["cold"]),
        _row(*["---"] * (len(results["cold"]) + 1)),
    ]
    rows.append(_row("cold start", *(f"{seconds:.2f} s" for seconds in results["cold"].values())))
    memory = results["memory"].values()
    rows.append(
        _row("memory at start, after 100,000 requests", *(f"{a:.0f} MB, {b:.0f} MB" for a, b in memory))
    )
    lines = [""]
    if results["cold_vendor"] is not None:
        lines.append(f"Cold start with the vendor's whole file: {results['cold_vendor']:.2f} s.")
    for name, of in results["reload"].items():
        told = ", ".join(f"{int(size):,} policies {seconds * 1000:.0f} ms" for size, seconds in of.items())
        lines.append(f"Reload, {name}: {told}.")
    for case, of in results["growth"].items():
        told = ", ".join(f"{cpu:.0f} us with {int(size):,}" for size, cpu in of.items())
        lines.append(f"CPU of one {case} by the number of policies: {told}.")
    took = f"{results['verify']:.1f} s, with `--quick` {results['quick']:.1f} s"
    lines.append(f"`tyk-contract verify` against the mock, from command to prompt: {took}.")
    lines.append(f"`tyk-contract --help`: {results['help']:.2f} s.")
    lines.append(f"The pytest plugin in a session that does not use it: {results['plugin']:.1f} ms.")
    return "\n".join([*rows, *("\n" + line if line else line for line in lines)])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
