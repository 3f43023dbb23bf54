"""What this stage needs of a writer of letters: single mails about a subscription itself, such as to confirm it."""

from datetime import datetime
from typing import Protocol

from publisher.model.deliveries import Letter
from publisher.model.subscribers import LetterKind, Request


class LetterWriter(Protocol):
    """Writes the site's letters."""

    def write(self, kind: LetterKind, request: Request, token: str, *, name: str, now: datetime) -> Letter:
        """Return a letter to a request's address, to be queued under `name`; `token` is the token of its link.

        Raises:
            TemplateError: the template of the letter cannot be used.
        """
        ...
