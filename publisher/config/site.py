"""[site]: who publishes, and where."""

from typing import Annotated
from zoneinfo import available_timezones

from publisher.config.tables import Table, Value, key, table
from publisher.config.values import (
    LANGUAGE,
    LANGUAGE_SCHEMA,
    STRING,
    Address,
    Language,
    Line,
    Text,
    list_of,
    matching,
    read_line,
    read_list,
    read_web_address,
)
from publisher.model.problems import suggestion
from publisher.model.schedules import ScheduleError, zone_of
from publisher.model.site import Mailbox, Site


def _base_url(value: object) -> str:
    url = read_web_address(value)
    if "?" in url or "#" in url:
        raise ValueError
    return url.rstrip("/") + "/"


def _zone(value: object) -> str:
    name = read_line(value)
    try:
        zone_of(name)
    except ScheduleError as error:
        raise ValueError(f"{error}{suggestion(name, available_timezones())}") from error
    return name


BASE_URL = Value(
    "an absolute http or https address in ASCII such as https://news.example.org/",
    _base_url,
    matching(r"https?://[^?#\s]+"),
)
TIMEZONE = Value("an IANA time zone such as Europe/Brussels", _zone, STRING)
TAGS = Value('a list of language tags such as ["en", "fr"], or []', read_list(LANGUAGE), list_of(LANGUAGE_SCHEMA))


class AuthorTable(Table):
    """Who publishes."""

    name: Line = key("Who publishes; the author of every item.", example="EMN Belgium")
    email: Address = key("How readers reach the author; it is in every feed.", example="news@example.org")


class SiteTable(Table):
    """Who publishes, and where."""

    title: Line = key("What feeds, pages and digests call the site.", example="EMN Belgium news")
    base_url: Annotated[str, BASE_URL] = key(
        "The web address of the feeds folder; set this first.",
        example="https://news.example.org/",
    )
    language: Language = key("The language of pages, digests, and items that do not name their own.", example="en")
    timezone: Annotated[str, TIMEZONE] = key(
        "The time zone of items' dates and of schedules.", example="Europe/Brussels"
    )
    author: AuthorTable = table()
    description: Text = key("One sentence for feeds and the front page.", default="")
    languages: Annotated[tuple[str, ...], TAGS] = key(
        "Languages that are guessed for items that do not name their own. With `[]`, none is guessed.",
        default=["en", "fr", "nl", "de"],
    )

    def site(self) -> Site:
        """Return the site as the program uses it."""
        return Site(
            title=self.title,
            base_url=self.base_url,
            language=self.language,
            timezone=self.timezone,
            author=Mailbox(name=self.author.name, address=self.author.email),
            description=self.description,
            languages=self.languages,
        )
