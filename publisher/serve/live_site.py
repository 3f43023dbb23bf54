"""The site of a service: config.toml is read again before a pass (collect, publish, compose) if it has changed.

Templates need no such check: each pass compares them anyway.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import structlog

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.model.errors import ConfigError

logger = structlog.get_logger("publisher")

Opener = Callable[[Config], AbstractContextManager[Publisher]]
Trace = tuple[int, int, int] | None


class LiveSite:
    """A site that is opened when the service first works on it, and opened again after config.toml has changed."""

    def __init__(self, config: Config, open_site: Opener) -> None:
        """Prepare for a configuration that was just read. Nothing is opened yet."""
        self.config = config
        self._open_site = open_site
        self._seen = _trace(config.path)
        self._opened = ExitStack()
        self._publisher: Publisher | None = None

    def publisher(self) -> Publisher:
        """Return the opened site; this process is then the only service of the site.

        Raises:
            StoreError: the store cannot be used; the next call tries again.
            BusyError: another service is running for the site.
        """
        if self._publisher is None:
            with ExitStack() as stack:
                publisher = stack.enter_context(self._open_site(self.config))
                stack.enter_context(publisher.only_service())
                self._opened, self._publisher = stack.pop_all(), publisher
        return self._publisher

    def follow_config(self, *, is_forced: bool = False) -> bool:
        """Read config.toml again if it has changed, or if `is_forced`; return whether another configuration is now in
        use.

        An invalid configuration is logged once, and the former one stays in use.
        """
        seen = _trace(self.config.path)
        if seen == self._seen and not is_forced:
            return False
        self._seen = seen
        try:
            config = Config.load(self.config.path)
        except ConfigError as error:
            logger.warning("config.toml is wrong, the former one stays", problems=list(error.problems))
            return False
        self.close()
        self.config = config
        logger.info("config.toml was read again", config=str(config.path))
        return True

    def close(self) -> None:
        """Close the site; `publisher` opens it again."""
        self._publisher = None
        self._opened.close()


def _trace(path: Path) -> Trace:
    """Return a short text that changes when a file changes, or `None` if the file cannot be read."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
