"""Notices about the site itself, such as a broken template, a full disk, or an outbox that cannot be written. Each is
sent once.

A problem is reported when two runs in a row met it, because a template may be saved half edited. The first run without
the problem ends it, and this is reported as well.

What a crash leaves: the problems are stored with the run, and what was reported is stored with the notices. The next
run decides the same again.
"""

from collections.abc import Callable
from dataclasses import replace

from publisher.admin.office import Office
from publisher.model.editions import Notice
from publisher.model.reports import RunReport
from publisher.store import RunRow
from publisher.store.runs import RUN

SITE = "site"
"""The name that stands for the site in notices (mails to the operator). No source or edition has it."""
TROUBLE, OVER = "trouble", "over"


def tell_site(report: RunReport, before: RunRow | None, open_office: Callable[[], Office]) -> RunReport:
    """Notify the operator of the problems that this run and the previous one share, or that there are no problems any
    more.
    """
    if before is None or (before.verb == RUN and not before.problems):
        return report  # a run after a good one then needs no query
    troubles = [problem for problem in report.all_problems if problem.is_of_site]
    lasting = [problem for problem in troubles if str(problem) in before.problems]
    if bool(lasting) != bool(troubles):
        return report  # only this run has met it so far
    office = open_office()
    if office.config.notices_to is None or bool(lasting) == _is_told(office):
        return report
    subject, text = office.renderer.site_notice([str(problem) for problem in lasting], config=office.config.path)
    notice = Notice(
        about=SITE,
        kind=TROUBLE if lasting else OVER,
        at=office.now,
        to=office.config.notices_to,
        language=office.config.site.language,
        subject=subject,
        text=text,
    )
    from publisher.admin.send_notices import highest_known, put_out_notices  # late: there is seldom something to tell

    office.store.notices.record([notice], told={}, above=highest_known(office))
    written, refused = put_out_notices(office)
    told = replace(report, notices=(*report.notices, *written))
    known = {str(problem) for problem in told.all_problems}
    return told.with_problems(*(each for each in refused if str(each) not in known))


def _is_told(office: Office) -> bool:
    """Whether the last notice (mail to the operator) about the site reported problems."""
    trouble, over = (office.store.notices.last_number(SITE, kind) for kind in (TROUBLE, OVER))
    return trouble > over
