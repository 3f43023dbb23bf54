"""What config.toml and the operator say about collecting: values only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from publisher.model.feeds import Gathering
from publisher.model.site import Site
from publisher.model.sources import SourcePolicy


class OnSuspicion(StrEnum):
    """What a pass does with a reading that looks like an accident; `guard` says which do."""

    HOLD = "hold"
    """Record nothing of it until the operator decides."""
    RELEASE = "release"
    """Record it as news."""
    DISCARD = "discard"
    """Hide what is new in it from readers for good, and withdraw nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRules:
    """How a pass records what the sources list."""

    site: Site
    gathering: Gathering
    authority: str
    """The host that `tag:` URIs name (RFC 4151 section 2.1)."""
    policies: Mapping[str, SourcePolicy] = field(default_factory=dict)
    """By the source's name; a source without one has the defaults."""
    configured: Collection[str] | None = None
    """Names of the sources in config.toml, read in this pass or not; None: every source ever read counts as one."""
    on_suspicion: OnSuspicion = OnSuspicion.HOLD

    def policy_of(self, source: str) -> SourcePolicy:
        return self.policies.get(source, SourcePolicy())
