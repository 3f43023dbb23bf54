"""Refuses to work with an empty store beside full folders: the store was probably lost."""

from pathlib import Path

from publisher.config.config import Config
from publisher.model.errors import UsageError
from publisher.rendering import urls
from publisher.store import Store


def refuse_lost_memory(config: Config, store: Store) -> None:
    """Raise an error if the store is empty although the site's folders are not.

    With an empty store, everything that readers already have would be treated as new. The check of a store that is not
    empty costs one query.

    Raises:
        UsageError: the store is empty, and the folders are not.
    """
    if store.names.has_authority():
        return
    if full := [folder for folder in (_full_feeds(config), _full_outbox(config)) if folder]:
        folders = " and ".join(map(str, full))
        problem = f"it is empty, and {folders} came from another one"
        remedy = "Put the store back (`publisher restore`), or start with an empty store by `publisher run --fresh`"
        raise UsageError(
            f"store {store.database.place}: {problem}: all of it would be taken for new and sent again. {remedy}"
        )


def _full_feeds(config: Config) -> Path | None:
    return config.feeds_directory if (config.feeds_directory / urls.INDEX_FILE).exists() else None


def _full_outbox(config: Config) -> Path | None:
    is_full = any(config.outbox_directory.glob("*/edition.json"))
    return config.outbox_directory if is_full else None
