"""[[audiences]]: who gets a digest, and which items the digest holds."""

import re
from typing import Annotated, Literal

from pydantic import Field

from publisher.config.tables import Table, Value, key
from publisher.config.values import (
    CHOSEN_SCHEMA,
    LANGUAGE_SCHEMA,
    STRING,
    THEME_CHOICE,
    Address,
    HttpsAddress,
    Language,
    Line,
    MailboxValue,
    Name,
    ReviewTime,
    Text,
    list_of,
    matching,
    read_language,
    read_line,
    read_list,
    read_text,
    read_theme_choice,
)
from publisher.model.editions import Audience
from publisher.model.schedules import Schedule
from publisher.model.site import Site
from publisher.model.themes import ThemeMap

_FIRST = re.compile(r"latest ([1-9][0-9]{0,5})")


def _themes(value: object) -> tuple[str, ...]:
    if not value:
        raise ValueError
    return read_theme_choice(value)


def _schedule(value: object) -> str:
    line = read_line(" ".join(value.split()) if isinstance(value, str) else value)  # calendars write EXDATE below RRULE
    if line.upper().startswith("FREQ="):
        raise ValueError(f"expected RRULE: before the rule; did you mean RRULE:{line}?")
    Schedule.parse(line, "UTC")
    return line


def _first(value: object) -> int | None:
    text = read_text(value)
    if text in ("all", "none"):
        return None if text == "all" else 0
    match = _FIRST.fullmatch(text)
    if match is None:
        raise ValueError
    return int(match[1])


def _languages(value: object) -> tuple[str, ...]:
    if not value:
        raise ValueError
    return read_list(ONE_LANGUAGE)(value)


SCHEDULE = Value("a cron line such as 0 8 * * MON, or RRULE: and a rule of RFC 5545", _schedule, STRING)
THEMES = Value(THEME_CHOICE, _themes, list_of(CHOSEN_SCHEMA, minItems=1))
FIRST = Value('"all", "none" or "latest N"', _first, matching("all|none|latest [1-9][0-9]*"))
ONE_LANGUAGE = Value(
    'a language tag such as fr-BE, or "*"',
    lambda each: "*" if each == "*" else read_language(each),
    {"anyOf": [{"const": "*"}, LANGUAGE_SCHEMA]},
)
LANGUAGES = Value(
    'a list of language tags such as ["fr", "*"], "*" for all others',
    _languages,
    list_of(ONE_LANGUAGE.schema, minItems=1),
)


class AudienceTable(Table):
    """Who gets a digest; repeat the table for each mailing list. Nothing new means no edition."""

    name: Name = key(
        "The name in folder names and mail headers. Never change it: a new name starts over.", example="weekly"
    )
    title: Line | None = key(
        "What the digest is called. If not set, it has the site's title.", default=None, example="EMN Belgium news"
    )
    themes: Annotated[tuple[str, ...], THEMES] = key(
        "The themes of its digest, in this order. `*` stands for all others; `!general` leaves that theme out.",
        default=["*"],
    )
    schedule: Annotated[str, SCHEDULE] | None = key(
        "When an edition is due, in site.timezone. If not set, only `publisher compose` makes editions.",
        default=None,
        example="0 8 * * MON",
    )
    from_: MailboxValue | None = key(
        "Who sends the digest. If not set, the site's author does.",
        default=None,
        example="EMN Belgium <news@example.org>",
        name="from",
    )
    to: MailboxValue = key("Where it goes, usually a mailing list.", example="EMN news <emn-news@lists.example.org>")
    reply_to: MailboxValue | None = key(
        "Who gets the answers of readers. If not set, the sender does.",
        default=None,
        example="The editor <editor@example.org>",
    )
    first: Annotated[int | None, FIRST] = key("How many of the existing items are in the first edition.", default="all")
    subscribe_url: HttpsAddress | None = key(
        "The mailing list's page where readers join; pages link to it as *Get it by mail*.",
        default=None,
        example="https://lists.example.org/emn-news",
    )
    subscribe_mailto: Address | None = key(
        "The address to which readers write to join, if there is no such page.",
        default=None,
        example="emn-news-join@lists.example.org",
    )
    unsubscribe_url: HttpsAddress | None = key(
        "The mailing list's page where readers leave. If not set, they leave by mail.",
        default=None,
        example="https://lists.example.org/emn-news",
    )
    unsubscribe_mailto: Address | None = key(
        "The address to which readers write to leave. If not set, they write to the sender.",
        default=None,
        example="emn-news-leave@lists.example.org",
    )
    postal_address: Text = key("A postal address at the foot of the digest, if a law asks for it.", default="")
    language: Language | None = key(
        "The language of fixed texts, dates and subject. If not set, it is the site's language.",
        default=None,
        example="en",
    )
    languages: Annotated[tuple[str, ...], LANGUAGES] = key(
        "The languages of its items, the preferred one first. `*` stands for all others.", default=["*"]
    )
    archive: bool = key("Whether everybody may read its editions on the web.", default=True)
    introduction: Text = key(
        "A text above the items of each digest; `[words](https://example.org/)` is a link.", default=""
    )
    content: Literal["titles", "summary", "full"] = key(
        "How much of the texts is shown; `summary` shortens long texts.", default="summary"
    )
    order: Literal["newest", "oldest"] = key("Which items of a theme come first.", default="newest")
    keywords: bool = key("Whether the digest shows keywords.", default=False)
    pictures: bool = key(
        "Whether the digest shows pictures, which mail programs load from the pictures' servers, or links.",
        default=False,
    )
    min_items: Annotated[int, Field(ge=1, le=1000)] = key(
        "How many items an edition needs; with fewer it waits.", default=1
    )
    max_items: Annotated[int, Field(ge=1, le=1000)] | None = key(
        "How many items an edition has at most; the others wait for the next one. If not set, there is no limit.",
        default=None,
        example=40,
    )
    review: ReviewTime | None = key(
        "How long an edition is held for the editor. If not set, it is not held.", default=None, example="2h"
    )
    on_silence: Literal["send", "keep"] = key(
        "What happens to a held edition if the editor has not decided by then.", default="send"
    )
    editor: MailboxValue | None = key(
        "Who gets a mail about each held edition. If not set, no mail is sent.",
        default=None,
        example="The editor <editor@example.org>",
    )
    overflow: Literal["web", "next"] = key(
        "Where items go that do not fit into a mail of 100 kB: only on the `web`, or into the `next` edition.",
        default="web",
    )

    def audience(self, site: Site, themes: ThemeMap) -> Audience:
        """Return the audience; settings that config.toml leaves out come from the site."""
        return Audience(
            name=self.name,
            title=self.title or site.title,
            # the former slugs, too: until feeds are published again, the store has items under them
            themes=themes.choose_with_former(self.themes),
            from_=self.from_ or site.author,
            to=self.to,
            reply_to=self.reply_to,
            schedule=None if self.schedule is None else Schedule.parse(self.schedule, site.timezone),
            first=self.first,
            subscribe_url=self.subscribe_url or "",
            subscribe_mailto=self.subscribe_mailto or "",
            unsubscribe_url=self.unsubscribe_url or "",
            unsubscribe_mailto=self.unsubscribe_mailto or "",
            postal_address=self.postal_address,
            language=self.language or "",
            languages=self.languages,
            archive=self.archive,
            introduction=self.introduction,
            content=self.content,
            order=self.order,
            keywords=self.keywords,
            pictures=self.pictures,
            overflow=self.overflow,
            min_items=self.min_items,
            max_items=self.max_items,
            review=self.review,
            on_silence=self.on_silence,
            editor=self.editor,
        )
