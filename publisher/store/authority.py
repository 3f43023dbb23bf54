"""What the site's ids are named after (RFC 4151): given out once, so that a new host changes no id."""

from sqlalchemy import Connection, insert, select

from publisher.store.schema import site


def authority(connection: Connection) -> str | None:
    """The name kept; None: none yet."""
    return connection.execute(select(site.c.authority)).scalar_one_or_none()


def keep_authority(connection: Connection, proposed: str) -> str:
    """Keep `proposed` if there is none yet; the one kept."""
    kept = authority(connection)
    if kept is None:
        connection.execute(insert(site).values(id=1, authority=proposed))
    return kept or proposed
