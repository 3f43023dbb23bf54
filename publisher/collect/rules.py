"""Rules of collecting, from config.toml and the operator: values only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from publisher.model.feeds import Gathering
from publisher.model.site import Site
from publisher.model.sources import SourcePolicy


class OnSuspicion(StrEnum):
    """What a pass does with a suspicious listing; `guard` decides which are."""

    HOLD = "hold"
    """Record nothing of it until the operator decides."""
    RELEASE = "release"
    """Record it as usual."""
    DISCARD = "discard"
    """Hide its new items from readers for good, and withdraw nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRules:
    """How a pass records what the sources list."""

    site: Site
    gathering: Gathering
    authority: str
    """The host that `tag:` URIs name (RFC 4151 section 2.1)."""
    policies: Mapping[str, SourcePolicy]
    """The policies by name of the source; each source that is read has one."""
    configured: Collection[str] | None = None
    """Names of all sources in config.toml, also of those not read in this pass; None: every source ever read."""
    on_suspicion: OnSuspicion = OnSuspicion.HOLD
    seen: str = ""
    """The words of the suspicion about which the operator decided: a listing that is suspicious in other words is held
    again. Empty: he decided about whatever is listed now."""

    def is_decided(self, words: str) -> bool:
        """Whether the operator decided about a listing that is suspicious in these words."""
        return self.on_suspicion is not OnSuspicion.HOLD and self.seen in ("", words)
