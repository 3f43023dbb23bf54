"""The office: what functions for operators and editors need of a site to answer a question or apply a decision."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from publisher.compose.outbox import Outbox
from publisher.config.config import Config
from publisher.model.editions import Audience
from publisher.model.errors import UsageError
from publisher.store import Store

if TYPE_CHECKING:  # the caller imports what renders, if there is something to render
    from publisher.compose.digest import Renderer


class Office(NamedTuple):
    """The site as of one moment: its configuration, its store, and the objects that render."""

    config: Config
    store: Store
    renderer: "Renderer"
    outbox: Outbox
    now: datetime


def audiences_named(name: str | None, config: Config) -> tuple[Audience, ...]:
    """Return the audience of that name, or `None` for all audiences.

    Raises:
        UsageError: there is no audience of that name.
    """
    chosen = tuple(audience for audience in config.audiences if name in (None, audience.name))
    if name is not None and not chosen:
        known = ", ".join(audience.name for audience in config.audiences) or "none is configured"
        raise UsageError(f"no audience {name!r} in config.toml; there is: {known}")
    return chosen
