"""[templates]: where the site's own templates are."""

from publisher.config.tables import Table, key
from publisher.config.values import Folder


class TemplatesTable(Table):
    """How pages and digests look."""

    directory: Folder = key(
        "Templates that win over those that came with the program, file by file.", default="templates"
    )
