"""config.toml as a whole: its tables, in the order in which documentation explains them."""

from publisher.config.audiences import AudienceTable
from publisher.config.bounces import BouncesTable
from publisher.config.desk import DeskTable
from publisher.config.digest import DigestTable
from publisher.config.feeds import FeedsTable
from publisher.config.fetching import FetchingTable
from publisher.config.notices import NoticesTable
from publisher.config.outbox import OutboxTable
from publisher.config.service import ServiceTable
from publisher.config.site import SiteTable
from publisher.config.smtp import SmtpTable
from publisher.config.sources import AnySourceTable
from publisher.config.store import StoreTable
from publisher.config.subscribers import SubscribersTable
from publisher.config.tables import Several, Table, table, tables
from publisher.config.templates import TemplatesTable
from publisher.config.themes import ThemesTable


class Document(Table):
    """The configuration of one site."""

    site: SiteTable = table()
    store: StoreTable = table()
    sources: Several[AnySourceTable] = tables(at_least=1)
    themes: ThemesTable = table()
    feeds: FeedsTable = table()
    audiences: Several[AudienceTable] = tables()
    digest: DigestTable = table()
    fetching: FetchingTable = table()
    outbox: OutboxTable = table()
    smtp: SmtpTable = table()
    bounces: BouncesTable = table()
    subscribers: SubscribersTable = table()
    desk: DeskTable = table()
    notices: NoticesTable = table()
    templates: TemplatesTable = table()
    service: ServiceTable = table()
