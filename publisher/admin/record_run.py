"""Records a run of one of publisher's verbs, so that `publisher status` and the next run can tell what happened."""

from dataclasses import replace
from datetime import datetime

from publisher.admin.clock import find_ahead
from publisher.model.reports import RunReport
from publisher.store import RunRow, Store
from publisher.store.runs import DELIVER


def record_run(
    verb: str, report: RunReport, store: Store, *, before: RunRow | None, started: datetime, finished: datetime
) -> RunReport:
    """Record a run if it has news or problems, or if it has no problems after a run that had some. Problems that a
    delivery repeats do not count as problems.

    Returns the report, extended by what the previous run says about it.
    """
    ahead = find_ahead([before.started] if before else [], now=started)
    # The service delivers every minute; a server that is left alone for an hour is not news each time.
    is_known = verb == DELIVER and all(problem.is_repeated for problem in report.all_problems)
    is_change = before is not None and before.exit_code != 0 and not report.all_problems
    if report.is_news or (report.all_problems and not is_known) or is_change or ahead:
        problems = tuple(map(str, report.all_problems))
        row = RunRow(verb=verb, started=started, finished=finished, exit_code=report.exit_code, problems=problems)
        store.runs.record(row)
    return replace(report, ahead=ahead, known=before.problems if before else ())
