"""The front page of the editors' desk: what is sent next to each audience (mailing list) and to subscribers."""

from flask import Response

from publisher.admin.round_overview import oversee_round
from publisher.admin.upcoming import upcoming
from publisher.model.editions import UNTIL_DECIDED
from publisher.serve.desk.deskpage import DeskPage
from publisher.serve.desk.dispatch import lead_to
from publisher.serve.desk.visit import Visit


def _show(visit: Visit) -> Response:
    """Return the page of all next mails. If there is one audience and no subscribers, return the audience's
    own page.
    """
    config, office = visit.publisher.config, visit.office
    if len(config.audiences) == 1 and config.subscribers is None:
        return lead_to(visit.path("edition", config.audiences[0].name))
    edit = office.store.people.rounds.next.edit()
    return visit.page(
        "desk/next.html",
        section="next",
        editions=[upcoming(audience, office) for audience in config.audiences],
        round=oversee_round(office),
        is_postponed=edit.is_postponed(office.now),
        until=None if edit.postponed_until == UNTIL_DECIDED else edit.postponed_until,
    )


NEXT = DeskPage(name="next", rule="", show=_show)
