"""Notices. In: conditions of sources, and held editions. Out: mails to the operator and to editors, each sent once.

A change of a source's condition is reported once. The conditions are: it could not be read three times or for a day,
lists nothing, has another layout, is held, is silent, or has recovered. Every change is also in the report that is
logged. The operator gets a notice of it if `notices.to` is set. The editor of a held edition gets a notice, too.

What a crash leaves: reported conditions and notices are recorded in one transaction. A crash before the transaction
leaves nothing; the next pass decides the same again. A crash after it leaves a notice that is not in the outbox yet;
the next pass writes that notice, with the same bytes.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from publisher.admin.due_notices import news_to_tell
from publisher.admin.office import Office
from publisher.config.config import Config
from publisher.model.reports import RunReport
from publisher.store import Store


def tell_news(
    report: RunReport, config: Config, store: Store, *, now: datetime, open_office: Callable[[], Office]
) -> RunReport:
    """Notify the operator about sources, and editors about editions that wait for them; return a report of
    the notices.
    """
    news = news_to_tell(config, store=store, now=now)
    if news.is_nothing:
        return report
    from publisher.admin.send_notices import send_notices  # late: there is seldom something to tell

    sent = send_notices(news, open_office())
    report = replace(report, condition_changes=news.condition_changes, notices=sent.notices)
    return report.with_problems(*sent.problems)
