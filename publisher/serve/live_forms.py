"""Opens the site a second time in a service, for its forms and desk, so that neither collecting and composing nor
sending mails delays a visitor.
"""

import threading
from contextlib import ExitStack

from publisher.admin.reception import Reception
from publisher.app import Publisher
from publisher.config.config import Config
from publisher.serve.live_site import Opener

VISITOR_WAIT_S = 3.0
"""How many seconds a visitor waits for other work of the service before he is told to try again: only a few requests
can be answered at a time.
"""


class LiveForms:
    """The site for visitors. It is opened for the first visitor. If its store cannot be used, the next visitor's
    request tries again.
    """

    def __init__(self, config: Config, open_site: Opener) -> None:
        self._config = config
        self._open_site = open_site
        self._lock = threading.Lock()
        self._publisher: Publisher | None = None
        self._opened = ExitStack()

    def reception(self) -> Reception:
        """Return the site as the forms use it, as of this moment.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template cannot be read.
        """
        return self.publisher().reception

    def publisher(self) -> Publisher:
        """Return the site, opened for visitors.

        Raises:
            StoreError: the store cannot be used.
        """
        with self._lock:
            if self._publisher is None:
                self._publisher = self._opened.enter_context(self._open_site(self._config))
                self._publisher.wait_s = VISITOR_WAIT_S
            return self._publisher

    def close(self) -> None:
        """Close the site. Answers in progress are completed."""
        with self._lock:
            self._publisher = None
            self._opened.close()
