"""The front page of the desk: what goes out next."""

from flask import Response

from publisher.serve.desk.deskpage import DeskPage
from publisher.serve.desk.visit import Visit


def _show(visit: Visit) -> Response:
    return visit.page("desk/next.html", section="next")


NEXT = DeskPage(name="next", rule="", show=_show)
