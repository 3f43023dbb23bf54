"""The pages of the editors' desk, in the order of the desk's menu."""

from publisher.serve.desk.acts_page import ACTS
from publisher.serve.desk.deskpage import DeskPage
from publisher.serve.desk.edition_page import EDITION, EDITION_MAIL, EDITION_TEXT
from publisher.serve.desk.import_page import import_page
from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.next_page import NEXT
from publisher.serve.desk.people_page import people_page
from publisher.serve.desk.person_page import PERSON
from publisher.serve.desk.round_page import ROUND, ROUND_MAIL, ROUND_TEXT
from publisher.serve.desk.sent_page import SENT
from publisher.serve.desk.sources_page import sources_page
from publisher.serve.source_watch import SourceWatch


def new_pages(watch: SourceWatch, tasks: ListTasks) -> tuple[DeskPage, ...]:
    """Return the pages of the editors' desk, the website where editors decide. `watch` knows when sources were read,
    and `tasks` has the lists of people that editors sent.
    """
    sources = sources_page(watch)
    return (
        NEXT,
        EDITION,
        EDITION_MAIL,
        EDITION_TEXT,
        ROUND,
        ROUND_MAIL,
        ROUND_TEXT,
        sources,
        SENT,
        people_page(),
        PERSON,
        import_page(tasks),
        ACTS,
    )
