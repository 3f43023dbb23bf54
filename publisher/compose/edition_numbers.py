"""Finds which numbers of editions and notices the outbox and the web use already, even if the store does not know
them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from publisher.compose.outbox import HELD, NOTICES
from publisher.rendering import urls
from publisher.store.disk_errors import explain_errors


def highest_number(audience: str, *, outbox: Path, feeds: Path) -> int:
    """Return the highest number of the audience's editions in the outbox, waiting for the editor or not, and on the
    web, or 0 if there are none.

    Raises:
        FilesError: a folder cannot be read.
    """
    with explain_errors(outbox):
        in_outbox = (*numbers_in(outbox, audience), *numbers_in(outbox / HELD, audience))
        return max([*in_outbox, *numbers_on_web(feeds, audience)], default=0)


def highest_notice(outbox: Path) -> int:
    """Return the highest number of the notices (mails to the operator or an editor) in the outbox, or 0 if there are
    none.

    Raises:
        FilesError: the folder cannot be read.
    """
    found = (re.match(r"\d+(?=-)", folder.name, re.ASCII) for folder in (outbox / NOTICES).glob("*-*"))
    with explain_errors(outbox):
        return max((int(number[0]) for number in found if number), default=0)


def numbers_in(outbox: Path, audience: str) -> Iterator[int]:
    """Yield the numbers of the audience's editions that have a folder in `outbox`."""
    for folder in outbox.glob(f"{audience}-*"):
        if number := re.fullmatch(r"[1-9]\d*", folder.name.removeprefix(f"{audience}-"), re.ASCII):
            yield int(number[0])


def numbers_on_web(feeds: Path, audience: str) -> Iterator[int]:
    """Yield the numbers of the audience's editions that have a web page."""
    for page in (feeds / urls.editions_file(audience)).parent.glob("*.html"):
        if re.fullmatch(r"[1-9]\d*", page.stem, re.ASCII):
            yield int(page.stem)
