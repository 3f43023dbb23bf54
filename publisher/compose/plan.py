"""Decides what goes into an edition; pure."""

from collections.abc import Sequence
from dataclasses import replace

from publisher.model.editions import Edition


def language_rank(language: str, wanted: Sequence[str]) -> int | None:
    """The place of a language among those wanted, the preferred one first; None: it is not wanted.

    `fr` also means fr-BE (RFC 4647 section 3.3.1), and `*` all that nothing else there means.
    """
    tag = language.lower()
    for place, each in enumerate(wanted):
        if tag == each.lower() or tag.startswith(f"{each.lower()}-"):
            return place
    return wanted.index("*") if "*" in wanted else None


def carried_over(edition: Edition, *, keep: int) -> Edition:
    """The edition with only the `keep` items that have waited longest; the others stay new to its audience.

    Its cursor stops before the first change of those. What it has is never due again, wherever the cursor stands.
    """
    waiting = sorted(edition.records, key=lambda record: record.added_seq)
    kept = {record.number for record in waiting[:keep]}
    upto = min([edition.upto, *(record.seq - 1 for record in waiting[keep:])])
    return replace(edition, records=tuple(record for record in edition.records if record.number in kept), upto=upto)
