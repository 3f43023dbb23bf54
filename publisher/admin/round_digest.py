"""Renders the digest of a round (all digests due at one moment) for all subscribers who get the same items in the same
language.
"""

from collections.abc import Sequence
from dataclasses import replace

from publisher.model.editions import Audience, Edition
from publisher.model.records import Record
from publisher.model.round_names import READERS
from publisher.model.rounds import Round, RoundEdit
from publisher.model.settings import SubscriberSettings
from publisher.model.site import Site
from publisher.model.themes import ALL_THEMES
from publisher.rendering.personal import marked_personal


def edition_of_round(round_: Round, its: Sequence[Record], edit: RoundEdit) -> Edition:
    """Return an edition of these items, which subscribers get in one round of mails, with the round's subject and
    introduction, and the editors' decisions.
    """
    numbers = {each.number for each in its}
    return Edition(
        audience=READERS,
        number=round_.number,
        after=0,
        upto=round_.upto,
        composed_at=round_.begun_at,
        records=tuple(
            sorted(
                (_retitled(each, edit) for each in its),
                key=lambda each: (each.published, each.added_seq),
                reverse=True,
            )
        ),
        subject=round_.subject,
        introduction=round_.introduction,
        first=tuple(number for number in edit.first if number in numbers),
    )


def audience_of_round(language: str, site: Site, settings: SubscriberSettings) -> Audience:
    """Return an audience that stands for all subscribers with this language, so that their digest can be rendered."""
    return Audience(
        name=READERS,
        title=site.title,
        themes=ALL_THEMES,
        from_=settings.from_,
        to=settings.from_,
        reply_to=settings.reply_to,
        postal_address=settings.postal_address,
        archive=False,
        language=language,
        languages=("*",),
        content="summary",
        order="newest",
        min_items=1,
        keywords=False,
        pictures=False,
        overflow="web",
        on_silence="send",
        personal=marked_personal(site, settings),
    )


def _retitled(record: Record, edit: RoundEdit) -> Record:
    title = edit.titles.get(record.number)
    return record if title is None else replace(record, item=replace(record.item, title=title))
