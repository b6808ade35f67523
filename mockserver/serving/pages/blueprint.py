"""The routes of the pages that all services have: overview, journal, faults, clock, configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from mockserver.service.clock import Clock
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.pages import dashboard_pages, fault_form, gateway_pages
from mockserver.serving.pages.configuration_rows import rows_of
from mockserver.serving.pages.curl_lines import curl_line
from mockserver.serving.pages.documents import documents
from mockserver.serving.pages.journal_filter import KINDS, JournalFilter
from mockserver.serving.pages.rendering import PREFIX, START, Overview, redirected, rendered
from mockserver.storage.backend import BackendUnavailable

SERVICE_PAGES = {"gateway": gateway_pages, "dashboard": dashboard_pages}
_JOURNAL = f"{PREFIX}/journal"


def pages_blueprint(dispatcher: Dispatcher) -> Blueprint:
    """The pages of a mock; the rule of access to the mock's own API holds for them too."""
    pages = Blueprint("pages", __name__, url_prefix=START.removesuffix("/"))

    @pages.get("")
    def start() -> Response:
        return redirected(START, 302)

    _add_overview(pages, dispatcher)
    _add_journal(pages, dispatcher)
    _add_faults(pages, dispatcher)
    _add_clock(pages, dispatcher)
    of_service = SERVICE_PAGES.get(dispatcher.service.name)
    if of_service:
        of_service.add_pages(pages, dispatcher)
        _add_configuration(pages, dispatcher)

    def failed(error: Exception) -> Response:
        status = 500 if isinstance(error, BackendUnavailable) else 400
        return rendered(dispatcher.service.name, "problem.html", status=status, message=str(error))

    pages.register_error_handler(ValueError, failed)
    pages.register_error_handler(BackendUnavailable, failed)
    return pages


def _add_overview(pages: Blueprint, dispatcher: Dispatcher) -> None:
    mock, service = dispatcher.mock, dispatcher.service

    def shown(left: list[str] | None = None) -> Response:
        of_service = SERVICE_PAGES.get(service.name)
        facts, findings = of_service.overview(dispatcher) if of_service else Overview({}, [])
        return rendered(
            service.name, "overview.html", current=START, service=service.name, facts=facts, left=left,
            faults=mock.faults.as_list(), requests=len(mock.journal), now=mock.clock.now(), findings=findings,
            documents=documents(), prefix=PREFIX,
        )  # fmt: skip

    @pages.get("/")
    def overview() -> Response:
        return shown()

    @pages.post("/pages/reset")
    def reset() -> Response:
        return shown(mock.reset())

    @pages.get("/pages/docs/<name>")
    def document(name: str) -> Response:
        found = next((document for document in documents() if document.name == name), None)
        if found is None:
            message = f"There is no document {name!r}."
            return rendered(service.name, "problem.html", status=404, current=START, message=message)
        return rendered(service.name, "document.html", current=START, document=found)


def _add_configuration(pages: Blueprint, dispatcher: Dispatcher) -> None:
    service = dispatcher.service

    @pages.get("/pages/configuration")
    def configuration() -> Response:
        rows = rows_of(service.state.config, service.secrets)
        return rendered(service.name, "configuration.html", rows=rows)


def _add_journal(pages: Blueprint, dispatcher: Dispatcher) -> None:
    mock, service = dispatcher.mock, dispatcher.service

    @pages.get("/pages/journal")
    def journal() -> Response:
        chosen = JournalFilter.of(request.args, service.journal_operations)
        entries = list(mock.journal)
        last = f"{entries[-1].number}-{entries[-1].time}" if entries else "empty"
        if request.if_none_match.contains(last):
            return Response(status=304)
        rows, unseen = chosen.rows(entries)
        response = rendered(
            service.name, "journal.html", chosen=chosen, rows=rows, unseen=unseen, total=len(entries),
            dropped=mock.journal.dropped, operations=sorted(service.journal_operations), kinds=KINDS,
            last=entries[-1].number if entries else 0, path=_JOURNAL,
        )  # fmt: skip
        response.set_etag(last)
        return response

    @pages.get("/pages/journal/<int:number>")
    def entry(number: int) -> Response:
        found = next((entry for entry in mock.journal if entry.number == number), None)
        if found is None:
            message = f"The journal has no request {number}: newer ones have replaced it, or it was cleared."
            return rendered(service.name, "problem.html", status=404, current=_JOURNAL, message=message)
        line = curl_line(service, found, request.host_url.removesuffix("/"))
        return rendered(
            service.name, "entry.html", current=_JOURNAL, entry=found, parts=found.as_dict(), curl=line,
            path=_JOURNAL,
        )  # fmt: skip

    @pages.post("/pages/journal/clear")
    def clear_journal() -> Response:
        mock.journal.clear()
        return redirected(_JOURNAL)


def _add_faults(pages: Blueprint, dispatcher: Dispatcher) -> None:
    mock, service = dispatcher.mock, dispatcher.service

    def shown(problem: str = "") -> Response:
        return rendered(
            service.name, "faults.html", status=400 if problem else 200, faults=mock.faults.as_list(),
            targets=sorted(service.fault_targets), scenarios=service.scenarios, ends=fault_form.ENDS,
            form=request.form, problem=problem, path=f"{PREFIX}/faults",
        )  # fmt: skip

    @pages.get("/pages/faults")
    def faults() -> Response:
        return shown()

    @pages.post("/pages/faults")
    def add_fault() -> Response:
        try:
            members = fault_form.members_of(request.form)
            mock.faults.add(members, service.fault_targets, service.scenarios)
        except ValueError as error:
            return shown(str(error))
        return redirected(f"{PREFIX}/faults")

    @pages.post("/pages/faults/clear")
    def clear_faults() -> Response:
        mock.faults.clear()
        return redirected(f"{PREFIX}/faults")


def _add_clock(pages: Blueprint, dispatcher: Dispatcher) -> None:
    clock, service = dispatcher.mock.clock, dispatcher.service

    def shown(problem: str = "") -> Response:
        return rendered(
            service.name, "clock.html", status=400 if problem else 200, problem=problem, form=request.form,
            now=clock.now(), uptime=clock.uptime(), is_frozen=clock.is_frozen, path=f"{PREFIX}/clock",
        )  # fmt: skip

    @pages.get("/pages/clock")
    def page_of_clock() -> Response:
        return shown()

    @pages.post("/pages/clock")
    def set_clock() -> Response:
        action = request.form.get("action", "")
        if action not in CLOCK_ACTIONS:
            raise ValueError(f"there is no action {action!r}; give one of {', '.join(CLOCK_ACTIONS)}")
        try:
            CLOCK_ACTIONS[action](clock, request.form)
        except ValueError as error:
            return shown(str(error))
        return redirected(f"{PREFIX}/clock")


def _advance(clock: Clock, form: Mapping[str, str]) -> None:
    text = form.get("seconds", "")
    try:
        seconds = float(text)
    except ValueError as error:
        raise ValueError(f"seconds cannot be {text!r}; give a number, such as 60") from error
    clock.advance(seconds)


def _freeze(clock: Clock, form: Mapping[str, str]) -> None:
    clock.freeze(_time(form.get("at", "")))


def _time(text: str) -> float | None:
    """The time that a field has, in UTC if it names no zone; None for an empty field."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"the time cannot be {text!r}; give one such as 2030-01-31 12:00:00") from error


CLOCK_ACTIONS: Mapping[str, Callable[[Clock, Mapping[str, str]], None]] = {
    "advance": _advance,
    "freeze": _freeze,
    "unfreeze": lambda clock, _: clock.unfreeze(),
}
