"""Completes the file of departures after a pass."""

from publisher.model.errors import FilesError
from publisher.model.problems import Problem, counted
from publisher.model.reports import RunReport
from publisher.store import Store


def note_departures(store: Store, report: RunReport) -> RunReport:
    """Write departures (who left or was erased) that their file lacks into it; report any problem with the file."""
    try:
        if store.holds_people():
            store.people.owed_departures.note()
        store.departures.size()  # fails if the file cannot be read
    except FilesError as error:
        count = store.people.owed_departures.count()
        owed = counted(count, "departure") if count else "departures"
        what = f"{error}; until then {owed} would be forgotten if the store were lost"
        return report.with_problems(Problem(where="departures", what=what, is_of_site=True))
    return report
