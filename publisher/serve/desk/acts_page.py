"""The desk's page of recorded actions: which editor did what, and when. A button there signs an editor out everywhere,
in case somebody else used his sign-in link.
"""

from flask import Response

from publisher.serve.desk.deskpage import DeskPage, Done
from publisher.serve.desk.entry import lead_out
from publisher.serve.desk.visit import Visit

SHOWN = 200


def _show(visit: Visit) -> Response:
    return visit.page(
        "desk/acts.html",
        section="acts",
        acts=visit.desk.acts(limit=SHOWN),
        sessions=visit.desk.count_sessions(visit.person),
    )


def _leave(visit: Visit) -> Done:
    visit.desk.sign_out_everywhere(visit.person)
    return Done(said=visit.gettext("Signed out everywhere."), answer=lead_out(visit))


ACTS = DeskPage(name="acts", rule="acts", show=_show, acts={"everywhere": _leave})
