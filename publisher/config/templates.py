"""[templates]: where the site's own templates are."""

from publisher.config.tables import Table, key
from publisher.config.values import Folder


class TemplatesTable(Table):
    """How pages and digests look."""

    directory: Folder = key("Your own templates, which replace the shipped ones file by file.", default="templates")
