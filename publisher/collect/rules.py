"""Rules of collecting, from config.toml and the operator: values only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from publisher.model.feeds import Gathering
from publisher.model.site import Site
from publisher.model.sources import SourcePolicy


class OnSuspicion(StrEnum):
    """What a pass does with a listing that `guard` finds suspicious."""

    HOLD = "hold"
    """Record nothing of the listing until the operator decides."""
    RELEASE = "release"
    """Record the listing as usual."""
    DISCARD = "discard"
    """Record the listing, but never show its new items, and withdraw nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRules:
    """How a pass records what the sources list."""

    site: Site
    gathering: Gathering
    authority: str
    """The host that `tag:` URIs name (RFC 4151 section 2.1)."""
    policies: Mapping[str, SourcePolicy]
    """The policies by name of the source; each source that is read has a policy."""
    configured: Collection[str] | None = None
    """Names of all sources in config.toml, including sources not read in this pass; `None` stands for every source ever
    read.
    """
    on_suspicion: OnSuspicion = OnSuspicion.HOLD
    seen: str = ""
    """The suspicion that the operator decided about, in words. A listing that is suspicious for another reason is held
    again. If empty, the decision covers any listing.
    """

    def is_decided(self, words: str) -> bool:
        """Whether the operator has decided about a suspicious listing. `words` say why it is suspicious."""
        return self.on_suspicion is not OnSuspicion.HOLD and self.seen in ("", words)
