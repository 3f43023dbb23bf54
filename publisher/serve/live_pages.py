"""The web server of a service: the public folder, forms, desk and /health, at the address in `service.listen`."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from publisher.config.config import Config
from publisher.rendering.urls import DESK, DESK_IMPORT, FORMS
from publisher.serve.desk.list_tasks import ListTasks
from publisher.serve.desk.part import desk_pages
from publisher.serve.forms.part import form_pages
from publisher.serve.health import PassHealth, health_page
from publisher.serve.live_forms import LiveForms
from publisher.serve.live_site import Opener
from publisher.serve.public import public_pages
from publisher.serve.source_watch import SourceWatch
from publisher.serve.web import application, listening

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = structlog.get_logger("publisher")


class LivePages:
    """A web server that follows changes of the configuration. Without `service.listen` it does not listen."""

    def __init__(
        self, health: PassHealth, watch: SourceWatch, open_site: Opener, *, on_letter: Callable[[], object]
    ) -> None:
        """Serve a site. `on_letter` is called when a letter may wait to be sent."""
        self._health = health
        self._watch = watch
        self._tasks = ListTasks()
        self._open_site = open_site
        self._on_letter = on_letter
        self._app: Flask | None = None
        self._forms: LiveForms | None = None
        self._place = ("", "")
        """The address at which the server listens, and the address of the proxy in front of it."""
        self._listening = ExitStack()

    def follow(self, config: Config) -> None:
        """Serve the pages of this configuration, at the configured address.

        Raises:
            UsageError: the address cannot be used; the former address is kept.
        """
        former = self._forms
        self._app = self._application(config)
        if former is not None:
            former.close()
        listen, proxy = config.service.listen, config.service.proxy
        if (listen, proxy) != self._place:
            with ExitStack() as stack:
                if listen:
                    if listen == self._place[0]:
                        self._stop_listening()
                    remedy = "choose another address in config.toml"
                    long_path = f"/{FORMS}/{DESK}/{DESK_IMPORT}"
                    entered = listening(
                        self._answer,
                        listen,
                        key="service.listen",
                        remedy=remedy,
                        proxy=proxy,
                        long_path=long_path,
                        long_senders=self._tasks.senders,
                    )
                    logger.info("listening", address=stack.enter_context(entered))
                self._stop_listening()
                self._place, self._listening = (listen, proxy), stack.pop_all()

    def close(self) -> None:
        """Stop listening."""
        self._stop_listening()
        if self._forms is not None:
            self._forms.close()

    def _application(self, config: Config) -> Flask:
        parts = [health_page(self._health)]
        self._forms = None
        base_url = config.site.base_url
        if config.subscribers is not None or config.desk is not None:
            self._forms = LiveForms(config, self._open_site)
            if config.subscribers is not None:
                parts.append(form_pages(self._forms.reception, base_url=base_url, on_letter=self._on_letter))
            if config.desk is not None:
                open_site = self._forms.publisher
                parts.append(
                    desk_pages(
                        open_site, base_url=base_url, on_act=self._on_letter, watch=self._watch, tasks=self._tasks
                    )
                )
        pages = public_pages(
            config.feeds_directory, base_url=base_url, hub=config.feeds.hub, was=dict(config.themes.was)
        )
        return application(*parts, pages)

    def _stop_listening(self) -> None:
        self._place = ("", "")
        self._listening.close()

    def _answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        assert self._app is not None  # set before anything listens
        return self._app(environ, start)
