"""Who did what at the desk, and when."""

from flask import Response

from publisher.serve.desk.deskpage import DeskPage
from publisher.serve.desk.visit import Visit

SHOWN = 200


def _show(visit: Visit) -> Response:
    return visit.page("desk/acts.html", section="acts", acts=visit.desk.acts(limit=SHOWN))


ACTS = DeskPage(name="acts", rule="acts", show=_show)
