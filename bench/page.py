"""The page docs/performance.md, made from the results of one run."""

from __future__ import annotations

from typing import Any

BASE = "prism"
GATEWAY = "gateway"
REQUIRED = {  # the least factors by which our mock must be faster than a real gateway
    ("GET one", "ours"): 1.0,
    ("GET one", "ours on a directory"): 1.0,
    ("PUT", "ours"): 1.3,
    ("PUT", "ours on a directory"): 1.0,
}


def markdown(results: dict[str, Any]) -> str:
    """The page as Markdown, with multiples of Prism if Prism was measured."""
    parts = [_head(results), _speed(results["load"]), _plot(results["load"]), _beside_gateway(results)]
    parts += [_dashboard(results), _rest(results)]
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
            f"process each: {run} by one thread of wrk over 16 connections; figures are medians.",
            "Ours checks the secret, validates, keeps state and a journal.",
            "",
            f"{results['date'][:10]}, {machine['cores']} x {cpu}, Python {machine['python']}.",
        )
    )


def _speed(load: dict[str, Any]) -> str:
    names = list(next(iter(load.values())))
    rows = ["## Requests a second", "", _row("", *names), _row(*["---"] * (len(names) + 1))]
    for case, figures in load.items():
        rows.append(_row(case, *(_cell(figures[name], figures.get(BASE)) for name in names)))
    return "\n".join([*rows, "", "In brackets: the multiple of Prism, and the CPU time of one request."])


def _cell(figures: dict[str, float], base: dict[str, float] | None) -> str:
    multiple = f"{figures['per_second'] / base['per_second']:.1f} x, " if base and base["per_second"] else ""
    failed = f", {figures['failed']:.0f} failed" if figures["failed"] else ""
    return f"{figures['per_second']:,.0f} ({multiple}{figures['cpu_us']:.0f} us{failed})"


def _plot(load: dict[str, Any]) -> str:
    """Bar charts of GET one and of PUT: each server as a multiple of Prism; "" if Prism was not measured."""
    if BASE not in load["GET one"]:
        return ""
    names = list(load["GET one"])
    charts = []
    for case in ("GET one", "PUT"):
        rates = {name: figures["per_second"] for name, figures in load[case].items()}
        bars = ", ".join(f"{rates[name] / rates[BASE]:.1f}" for name in names)
        axis = ", ".join(f'"{name}"' for name in names)
        charts.append(
            f'```mermaid\nxychart-beta\n  title "{case}, multiples of Prism"\n  x-axis [{axis}]\n'
            f'  y-axis "x Prism"\n  bar [{bars}]\n```'
        )
    return "\n\n".join(charts)


def _beside_gateway(results: dict[str, Any]) -> str:
    """The table of our mock beside a real gateway; "" if no real gateway was measured."""
    if GATEWAY not in results["cold"]:
        return ""
    names = [name for name in results["cold"] if name.startswith("ours")]
    rows = ["## Beside a real gateway", "", _row("", GATEWAY, *names), _row(*["---"] * (len(names) + 2))]
    for case, figures in results["load"].items():
        base = figures[GATEWAY]["per_second"]
        cells = []
        for name in names:
            rate = figures[name]["per_second"]
            factor = rate / base if base else float("inf")
            cells.append(f"{rate:,.0f} ({_factor(factor, REQUIRED.get((case, name)))})")
        failed = f" ({figures[GATEWAY]['failed']:.0f} failed)" if figures[GATEWAY]["failed"] else ""
        rows.append(_row(f"{case}, a second", f"{base:,.0f}{failed}", *cells))
    cold, memory = results["cold"], results["memory"]
    starts = (f"{cold[name]:.2f} s ({cold[GATEWAY] / cold[name]:.1f} x)" for name in names)
    rows.append(_row("cold start", f"{cold[GATEWAY]:.2f} s", *starts))
    for index, title in enumerate(("memory at start", "memory after 100,000 requests")):
        base = memory[GATEWAY][index]
        sizes = (f"{memory[name][index]:.0f} MB ({base / memory[name][index]:.1f} x)" for name in names)
        rows.append(_row(title, f"{base:.0f} MB", *sizes))
    lines = (
        "In brackets: the factor by which ours is faster or smaller. The real gateway has its policies in a",
        "directory, and a Redis of its own, whose memory is not counted.",
    )
    return "\n".join([*rows, "", *lines])


def _dashboard(results: dict[str, Any]) -> str:
    """The table of the mock Dashboard; "" if it was not measured, as in older results."""
    if "dashboard" not in results:
        return ""
    names = list(next(iter(results["dashboard"].values())))
    rows = ["## Mock Dashboard, requests a second", "", _row("", *names), _row(*["---"] * (len(names) + 1))]
    for case, figures in results["dashboard"].items():
        cells = (f"{_cell(figures[name], None)}, 99 % in {figures[name]['p99_ms']:.1f} ms" for name in names)
        rows.append(_row(case, *cells))
    note = "Each row begins with 100 policies; the row of creates goes on from there. In brackets: CPU time."
    return "\n".join([*rows, "", note])


def _factor(factor: float, required: float | None) -> str:
    if required is None:
        return f"{factor:.2f} x"
    return f"{factor:.2f} x, required {required:.1f} x" + ("" if factor >= required else ": missed")


def _rest(results: dict[str, Any]) -> str:
    rows = [
        "## Start, memory, reload",
        "",
        _row("", *results["cold"]),
        _row(*["---"] * (len(results["cold"]) + 1)),
    ]
    rows.append(_row("cold start", *(f"{seconds:.2f} s" for seconds in results["cold"].values())))
    sizes = [", ".join(f"{size:.0f} MB" for size in of_server) for of_server in results["memory"].values()]
    rows.append(_row("memory at start, after 100,000 requests, after one to `/_mock/`", *sizes))
    lines = [
        "",
        "A server that needs more than two minutes for 100,000 requests is measured after these. The first",
        "request to `/_mock/` imports Flask.",
    ]
    if results["cold_vendor"] is not None:
        lines.append(f"Cold start with the vendor's complete OpenAPI file: {results['cold_vendor']:.2f} s.")
    for name, seconds_by_size in results["reload"].items():
        times = ", ".join(
            f"{int(size):,} policies {seconds * 1000:.0f} ms" for size, seconds in seconds_by_size.items()
        )
        lines.append(f"Reload, {name}: {times}.")
    for case, cpu_by_size in results["growth"].items():
        times = ", ".join(f"{cpu:.0f} us with {int(size):,}" for size, cpu in cpu_by_size.items())
        lines.append(f"CPU time of one {case} by the number of policies: {times}.")
    if "fsync" in results:  # older results have no such measurement
        lines.append(_fsync(results["fsync"], results["load"]["PUT"].get(GATEWAY)))
    if "log" in results:  # as above
        lines += [_log(case, figures) for case, figures in results["log"].items()]
    duration = f"{results['verify']:.1f} s, with `--quick` {results['quick']:.1f} s"
    lines.append(f"`tyk-contract verify` against the mock, from command to prompt: {duration}.")
    lines.append(f"`tyk-contract --help`: {results['help']:.2f} s.")
    lines.append(f"The pytest plugin in a session that does not use it: {results['plugin']:.1f} ms.")
    return "\n".join([*rows, *("\n" + line if line else line for line in lines)])


def _log(case: str, figures: dict[str, dict[str, float]]) -> str:
    """The price of the log in one kind of request: rates, and the CPU time beside that without it."""
    quiet, parts = figures["--quiet"]["cpu_us"], []
    for name, of_log in figures.items():
        cpu = of_log["cpu_us"]
        parts.append(f"{name} {of_log['per_second']:,.0f} a second ({cpu:.0f} us, {cpu / quiet:.2f} x)")
    return f"{case} by the log, which goes to a file: {', '.join(parts)}."


def _fsync(figures: dict[str, dict[str, float]], gateway: dict[str, float] | None) -> str:
    """The price of waiting for the disk, beside that of a real gateway, which does not wait."""
    rates = {name: measured["per_second"] for name, measured in figures.items()}
    beside = f"; a real gateway, which never waits, answers {gateway['per_second']:,.0f}" if gateway else ""
    return (
        f"PUT on a directory: {rates['without']:,.0f} a second, and {rates['with']:,.0f} with `--fsync` "
        f"(99 % within {figures['with']['p99_ms']:.1f} ms), which waits for the disk{beside}."
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
