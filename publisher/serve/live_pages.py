"""The web server of a service: the public folder and /health, at the address in `service.listen`."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from publisher.config.config import Config
from publisher.serve.health import PassHealth, health_page
from publisher.serve.public import public_pages
from publisher.serve.web import application, listening

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = structlog.get_logger("publisher")


class LivePages:
    """A web server that follows a site's configuration; without `service.listen` it listens nowhere."""

    def __init__(self, health: PassHealth) -> None:
        self._health = health
        self._app: Flask | None = None
        self._address = ""
        self._listening = ExitStack()

    def follow(self, config: Config) -> None:
        """Serve the pages of this configuration, at its address.

        Raises:
            UsageError: the address cannot be used; then the pages are served where they were before.
        """
        pages = public_pages(
            config.feeds_directory, base_url=config.site.base_url, hub=config.feeds.hub, was=dict(config.themes.was)
        )
        self._app = application(health_page(self._health), pages)
        if config.service.listen != self._address:
            with ExitStack() as stack:
                if config.service.listen:
                    remedy = "choose another address in config.toml"
                    entered = listening(self._answer, config.service.listen, key="service.listen", remedy=remedy)
                    logger.info("listening", address=stack.enter_context(entered))
                self.close()
                self._address, self._listening = config.service.listen, stack.pop_all()

    def close(self) -> None:
        """Stop listening."""
        self._address = ""
        self._listening.close()

    def _answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        assert self._app is not None  # set before anything listens
        return self._app(environ, start)
