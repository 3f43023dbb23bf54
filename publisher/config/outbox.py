"""[outbox]: where editions are written."""

from publisher.config.tables import Table, key
from publisher.config.values import Folder


class OutboxTable(Table):
    """Where editions wait that are ready to be sent."""

    directory: Folder = key("Where editions are written, one folder each, ready to send.", default="outbox")
