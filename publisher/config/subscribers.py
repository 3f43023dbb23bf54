"""[subscribers]: people subscribe to themes on this site, and choose how often they get mails."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from publisher.config.audiences import SCHEDULE
from publisher.config.smtp import SmtpTable
from publisher.config.tables import Table, Value, WrongPart, WrongPartsError, key
from publisher.config.values import (
    LANGUAGE,
    LINE,
    NAME,
    SLUG_SCHEMA,
    STRING,
    Line,
    MailboxValue,
    Name,
    WebAddress,
    read_slug,
)
from publisher.model.problems import suggestion
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Site

DEFAULT_PACES = {"daily": "0 8 * * MON-FRI", "weekly": "0 8 * * MON", "monthly": "0 8 * * MON#1"}
NO_WORDS: Mapping[str, str] = {}
NO_PACE = "no"
"""The value in forms that stands for no mails."""


def _paces(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError
    return _read_table(value, PACE_NAME, SCHEDULE)


def _read_table(table: Mapping[str, object], name: Value, value: Value) -> dict[str, Any]:
    """Return a table whose names the operator chooses. Its error names everything wrong in it."""
    wrong: list[WrongPart] = []
    names = name.read_parts(((each, each) for each in table), wrong)
    values = value.read_parts(table.items(), wrong)
    if wrong:
        raise WrongPartsError(wrong)
    return dict(zip(names, values, strict=True))


def _pace_name(value: object) -> str:
    name = read_slug(value)
    if name == NO_PACE:
        raise ValueError(f"{NO_PACE!r} means no mails; give the pace another name")
    return name


def _pace_words(value: object) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(value, Mapping):
        raise ValueError("expected a table of paces, each with its words by language")  # noqa: TRY004  pydantic's
    return _read_table(value, PACE_NAME, WORDS)


def _words_by_language(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError
    return _read_table(value, LANGUAGE, LINE)


PACE_NAME = Value(NAME.expected, _pace_name, SLUG_SCHEMA)
WORDS = Value(
    'a table of words by language, such as { en = "every other week" }',
    _words_by_language,
    {"type": "object", "additionalProperties": STRING, "minProperties": 1},
)


PACES = Value(
    f"a table of names, each with {SCHEDULE.expected}",
    _paces,
    {"type": "object", "propertyNames": SLUG_SCHEMA, "additionalProperties": STRING, "minProperties": 1},
)


PACE_WORDS = Value(
    'a table of paces, each with its words by language, such as { fortnightly = { en = "every other week" } }',
    _pace_words,
    {
        "type": "object",
        "propertyNames": SLUG_SCHEMA,
        "additionalProperties": WORDS.schema,
    },
)


class SubscribersTable(Table):
    """Lets people subscribe to themes on this site, and choose how often they get mails. Without any of these keys
    there are no forms, and no address is held. It needs [smtp], `from`, `privacy_url` and `postal_address`.
    """

    paces: Annotated[Mapping[str, str], PACES] = key(
        "How often mails are sent, by name, the most frequent first.", default=DEFAULT_PACES
    )
    default_pace: Name = key("The pace that the form suggests.", default="weekly")
    pace_words: Annotated[Mapping[str, Mapping[str, str]], PACE_WORDS] = key(
        "The names of paces that people see, in each language. Without it, hourly, daily, weekly and monthly are "
        "called so in the language of the page or mail, and others by their schedule in words.",
        default={},
        example={"fortnightly": {"en": "every other week", "fr": "toutes les deux semaines"}},
    )
    from_: MailboxValue | None = key(
        "Who sends the mails.", default=None, example="EMN Belgium <news@example.org>", name="from"
    )
    reply_to: MailboxValue | None = key(
        "Who gets the answers of subscribers. If not set, the sender does.",
        default=None,
        example="The editor <editor@example.org>",
    )
    privacy_url: WebAddress | None = key(
        "Your page about what is held of people, and why.", default=None, example="https://example.org/privacy"
    )
    postal_address: Line | None = key(
        "Your postal address, at the foot of each mail.", default=None, example="Boulevard Pacheco 44, 1000 Brussels"
    )
    max_items: Annotated[int, Field(ge=1, le=200)] = key(
        "How many items a mail has at most, the oldest first; the others come in the next mail.", default=40
    )

    @property
    def is_on(self) -> bool:
        """Whether the site has subscribers."""
        return bool(self.model_fields_set)

    def settings(self, site: Site) -> SubscriberSettings | None:
        """Return how the site serves subscribers, or `None` if it has no subscribers."""
        if self.from_ is None or self.privacy_url is None or self.postal_address is None:
            return None
        return SubscriberSettings(
            paces=tuple(
                Pace(name=name, schedule=Schedule.parse(line, site.timezone), words=self.pace_words.get(name, NO_WORDS))
                for name, line in self.paces.items()
            ),
            default_pace=self.default_pace,
            from_=self.from_,
            reply_to=self.reply_to,
            privacy_url=self.privacy_url,
            postal_address=self.postal_address,
            max_items=self.max_items,
        )


def subscriber_problems(table: SubscribersTable, smtp: SmtpTable) -> Iterator[str]:
    """Yield contradictions between the keys of `[subscribers]` and with `[smtp]`, one line each."""
    if not table.is_on:
        return
    if table.default_pace not in table.paces:
        meant = suggestion(table.default_pace, table.paces)
        yield f"subscribers.default_pace: there is no pace {table.default_pace!r} in subscribers.paces{meant}"
    for name in table.pace_words.keys() - table.paces.keys():
        yield f"subscribers.pace_words: there is no pace {name!r} in subscribers.paces{suggestion(name, table.paces)}"
    if table.from_ is None:
        yield "subscribers.from: expected who sends the mails, but it is missing"
    if table.privacy_url is None:
        yield "subscribers.privacy_url: expected the address of a page on what you hold of people, but it is missing"
    if table.postal_address is None:
        yield "subscribers.postal_address: expected your address, which stands in each mail, but it is missing"
    if smtp.host is None:
        yield "subscribers: expected smtp.host as well, because mails to people are sent from here"
