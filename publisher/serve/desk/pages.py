"""The pages of the desk, in the order of its menu."""

from publisher.serve.desk.acts_page import ACTS
from publisher.serve.desk.deskpage import DeskPage
from publisher.serve.desk.edition_page import EDITION, EDITION_MAIL, EDITION_TEXT
from publisher.serve.desk.next_page import NEXT

PAGES: tuple[DeskPage, ...] = (NEXT, EDITION, EDITION_MAIL, EDITION_TEXT, ACTS)
