"""Check: finds what must be fixed in a site and what could be better, and says so in plain words. The check changes
nothing.

To add a check, add it to `CHECKS`: its name, and a function that yields findings.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from publisher.admin.feed_checks import feed_hints, large_feeds
from publisher.admin.mail_checks import JUDGEMENTS, Finding, ParsedDigest
from publisher.admin.next_edition import next_digest, sample_digest
from publisher.admin.office import Office
from publisher.admin.reader_checks import ReaderSurvey, reader_hints, survey_readers
from publisher.admin.status import unsettled_audiences, waiting_items
from publisher.admin.theme_checks import Survey, survey, theme_hints
from publisher.admin.title_checks import title_hints
from publisher.compose import run as compose
from publisher.config.config import Config
from publisher.config.smtp import is_this_machine
from publisher.model.editions import Audience
from publisher.model.errors import EXIT_USAGE, TemplateError
from publisher.model.feeds import Feed, FeedKind
from publisher.model.problems import Problem, counted
from publisher.model.schedules import zone_of
from publisher.model.settings import Security
from publisher.model.status import WaitingStatus
from publisher.model.themes import ThemeMap
from publisher.rendering.templates import Templates
from publisher.store import Store

RESERVED = ("example", "example.com", "example.net", "example.org", "invalid", "localhost", "test")
"""Host names that no reader can reach (RFC 2606)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The values that the checks examine."""

    config: Config
    templates: Templates
    mails: tuple[ParsedDigest, ...]
    """The next edition of each audience, parsed, or a sample with the latest items if nothing is new."""
    problems: tuple[Problem, ...]
    """Problems of collecting, and of rendering the mails."""
    stranded: tuple[str, ...]
    """Names of editions whose audience is no longer in config.toml."""
    waiting: Mapping[str, Sequence[WaitingStatus]]
    """Items that wait, by source: how many wait for each moment."""
    unsettled: tuple[str, ...]
    """Names of audiences that wait for the operator after a restore."""
    survey: Survey
    """The themes, labels and titles of all items."""
    followed: ReaderSurvey | None
    """What subscribers follow, or `None` if nobody can subscribe."""
    now: datetime
    """The moment of the check, in UTC."""
    owed_departures: int
    """How many departures (people who left, were suppressed or were erased) could not be written to their file."""
    large_feeds: tuple[tuple[str, int], ...]
    """The feed files that are too large for some feed readers: paths below the folder of feeds, with sizes in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding, and the mail, theme or file that it is about."""

    check: str
    where: str
    """The audience, key, file or source that the finding is about."""
    what: str
    is_hint: bool

    def __str__(self) -> str:
        return f"{'hint' if self.is_hint else 'fix'}: {self.where}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The findings of all checks, in the order of the checks."""

    found: tuple[Found, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of `publisher check`: 2 if something must be fixed, or else 0. Hints do not count."""
        return EXIT_USAGE if any(not found.is_hint for found in self.found) else 0


Check = Callable[[Checked], Iterator[tuple[str, Finding]]]
"""Yields (name of the audience, key, file or source; finding about it)."""


def check(office: Office, problems: Sequence[Problem]) -> CheckReport:
    """Return what must be fixed and what could be better. The next editions are checked as they would be now.

    `problems` are the problems that collecting has just met.
    """
    config, store = office.config, office.store
    mails: list[ParsedDigest] = []
    met = list(problems)
    for audience in config.audiences:
        try:
            mails += _mails_to_judge(audience, office)
        except TemplateError as error:
            met.append(Problem.of(f"audience {audience.name!r}", error))
    checked = Checked(
        config=config,
        templates=office.renderer.templates,
        mails=tuple(mails),
        problems=tuple(met),
        stranded=tuple(edition.name for edition in compose.stranded_editions(config.audiences, store)),
        waiting=waiting_items(config, store),
        unsettled=unsettled_audiences(config, store),
        survey=_survey(store, config.themes),
        followed=survey_readers(store, config.themes, now=office.now) if config.subscribers else None,
        now=office.now,
        owed_departures=store.people.owed_departures.count(),
        large_feeds=tuple(_large_feeds(store, config)),
    )
    return CheckReport(
        found=tuple(
            Found(check=name, where=where, what=finding.what, is_hint=finding.is_hint)
            for name, judged in CHECKS
            for where, finding in judged(checked)
        )
    )


def _survey(store: Store, theme_map: ThemeMap) -> Survey:
    return survey(
        store.log.changed_records(0, store.log.end()),
        theme_map,
        names_of=store.names.of,
        feeds=[state.feed for state in store.feeds.all_open() if state.feed.kind is FeedKind.THEME],
    )


def _large_feeds(store: Store, config: Config) -> list[tuple[str, int]]:
    feeds = [Feed.of_all(config.site), *(state.feed for state in store.feeds.all_open())]
    return large_feeds(feeds, config.feeds_directory, config.feeds.formats)


def _mails_to_judge(audience: Audience, office: Office) -> Iterator[ParsedDigest]:
    if found := next_digest(audience, office) or sample_digest(audience, office):
        _, digest = found
        yield ParsedDigest(digest, audience=audience, site=office.renderer.site)


def _met_problems(checked: Checked) -> Iterator[tuple[str, Finding]]:
    for problem in checked.problems:
        yield problem.where, Finding(what=problem.what)


def _stranded_editions(checked: Checked) -> Iterator[tuple[str, Finding]]:
    for name in checked.stranded:
        what = f"its audience is not in config.toml any more; put it back, or `publisher edition discard {name}`"
        yield f"edition {name}", Finding(what=what)


def _waiting_items(checked: Checked) -> Iterator[tuple[str, Finding]]:
    """Yield, for each source, how many items wait until a moment at which they appear. This reveals a
    mistyped embargo.
    """
    zone = zone_of(checked.config.site.timezone)
    for source, some in checked.waiting.items():
        for each in some:
            many = f"{counted(each.items, 'item')} {_WAITS[each.why][each.items > 1]}"
            what = f"{many} until {each.until.astimezone(zone):%Y-%m-%d %H:%M}; `publisher check --source` names them"
            yield f"source {source!r}", Finding(what=what, is_hint=True)


_WAITS = {
    "waits": ("waits", "wait"),
    "settles": ("settles", "settle"),
    "comes back": ("was withdrawn and waits", "were withdrawn and wait"),
}


def _unsettled_audiences(checked: Checked) -> Iterator[tuple[str, Finding]]:
    for name in checked.unsettled:
        yield f"audience {name!r}", Finding(what=compose.UNSETTLED)


def _reserved_names(checked: Checked) -> Iterator[tuple[str, Finding]]:
    """Yield the addresses in config.toml that were copied from the documentation's examples."""
    config = checked.config
    hosts = [("site.base_url", urlsplit(config.site.base_url).hostname or "")]
    hosts += [("site.author.email", _domain(config.site.author.address))]
    for audience in config.audiences:
        hosts += [(f"audiences.{audience.name}.to", _domain(audience.to.address))]
        if audience.from_ != config.site.author:
            hosts += [(f"audiences.{audience.name}.from", _domain(audience.from_.address))]
    for key, host in hosts:
        if any(host == name or host.endswith(f".{name}") for name in RESERVED):
            yield key, Finding(what=f"{host} is an example address that does not exist; write your own")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _templates(checked: Checked) -> Iterator[tuple[str, Finding]]:
    for error in checked.templates.faults(language=checked.config.site.language):
        yield "templates", Finding(what=str(error))


def _folders(checked: Checked) -> Iterator[tuple[str, Finding]]:
    config = checked.config
    folders = {"feeds.directory": config.feeds_directory, "outbox.directory": config.outbox_directory}
    if (file := config.store.file) is not None:
        folders["store.url"] = file.parent
    for key, folder in folders.items():
        there = _nearest(folder)
        if not there.is_dir():
            yield key, Finding(what=f"{there} is a file where a folder should be; move it away")
        elif not os.access(there, os.W_OK | os.X_OK):
            yield key, Finding(what=f"{there} cannot be written; let the user who runs publisher write there")


def _departures(checked: Checked) -> Iterator[tuple[str, Finding]]:
    """Yield a finding if the file of departures (who left or was erased) cannot be written: a restore needs it to know
    who has left.
    """
    if checked.config.subscribers is not None and (problem := _unwritable(checked.config.departures)):
        owed = f"; {counted(checked.owed_departures, 'departure')} wait for it" if checked.owed_departures else ""
        yield (
            "departures",
            Finding(what=f"{problem}; without it mails go to people who left, once a backup is restored{owed}"),
        )


def _unwritable(file: Path) -> str:
    """Return why a file cannot be written, and the next step, or an empty string if it can be written."""
    folder = _nearest(file.parent)
    if file.is_dir():
        return f"{file} is a folder where a file should be; move it away"
    if not folder.is_dir():
        return f"{folder} is a file where a folder should be; move it away"
    there = file if file.exists() else folder
    if os.access(there, os.W_OK):
        return ""
    return f"{there} cannot be written; let the user who runs publisher write there"


def _pictures(checked: Checked) -> Iterator[tuple[str, Finding]]:
    """Yield the site's pictures (logo, icon) that are missing. Each would leave a gap in every mail, feed or page."""
    config = checked.config
    pictures = {"digest.logo": config.digest.logo, "feeds.logo": config.feeds.logo, "feeds.icon": config.feeds.icon}
    for key, picture in pictures.items():
        if picture and not (file := config.feeds_directory / picture).is_file():
            yield key, Finding(what=f"there is no {file}; put the picture there")


def _nearest(folder: Path) -> Path:
    """Return the folder if it exists, or else the nearest existing one above it."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _schedules(checked: Checked) -> Iterator[tuple[str, Finding]]:
    """Yield the cron lines in config.toml that name both days of the month and of the week, as in `0 8 1-7 * MON`.

    Cron runs on days that match either; the author may have meant days that match both.
    """
    for audience in checked.config.audiences:
        if audience.schedule is not None and (days := audience.schedule.either_day) is not None:
            what = (
                f"it is due on days {days[0]} of the month, and on days {days[1]} of the week as well, as cron has it; "
                "for the first Monday of a month write MON#1 as the day of week and * as the day of month"
            )
            yield f"audiences.{audience.name}.schedule", Finding(what=what, is_hint=True)


def _mail_server(checked: Checked) -> Iterator[tuple[str, Finding]]:
    """Yield a finding if mails are sent to the mail server without encryption, and one for each missing file that the
    settings of the mail server name.
    """
    smtp = checked.config.smtp
    if smtp is None:
        return
    if smtp.security is Security.NONE and not is_this_machine(smtp.host):
        what = f"mails go to {smtp.host} in the open, where anybody on the way can read and change them; use 'starttls'"
        yield "smtp.security", Finding(what=what, is_hint=True)
    secrets = {"smtp.password": smtp.password, "smtp.oauth": smtp.oauth}
    files = {"smtp.ca_file": smtp.ca_file, **{key: secret.file for key, secret in secrets.items() if secret}}
    for key, file in files.items():
        if file is not None and not os.access(file, os.R_OK):
            yield key, Finding(what=f"{file} cannot be read; put it there, and let the user who runs publisher read it")


def _forms(checked: Checked) -> Iterator[tuple[str, Finding]]:
    config = checked.config
    if config.subscribers is not None and not config.service.listen:
        what = "it is not set, so nobody can subscribe: `publisher serve` shows the forms there; say 127.0.0.1:8000"
        yield "service.listen", Finding(what=what)
    if config.subscribers is not None and config.smtp is not None and not (config.smtp.bounces and config.bounces):
        what = "nobody reads which mails to subscribers come back, so they go on to mailboxes that no longer exist"
        yield "smtp.bounces", Finding(what=f"{what}; set it, and say in [bounces] where its mails are", is_hint=True)


def _mails(checked: Checked) -> Iterator[tuple[str, Finding]]:
    for mail in checked.mails:
        for name, judge in JUDGEMENTS:
            for finding in judge(mail):
                yield f"audience {mail.audience.name!r}, {name}", finding


def _themes(checked: Checked) -> Iterator[tuple[str, Finding]]:
    config = checked.config
    yield from theme_hints(checked.survey, config.themes, config.audiences, config.feeds.combined)


def _readers(checked: Checked) -> Iterator[tuple[str, Finding]]:
    config = checked.config
    if checked.followed is not None and config.subscribers is not None:
        timezone, now = config.site.timezone, checked.now
        yield from reader_hints(checked.followed, config.themes, config.subscribers, timezone=timezone, now=now)


def _titles(checked: Checked) -> Iterator[tuple[str, Finding]]:
    yield from title_hints(checked.survey.titles)


def _feeds(checked: Checked) -> Iterator[tuple[str, Finding]]:
    yield from feed_hints(checked.large_feeds)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("problems", _met_problems),
    ("editions", _stranded_editions),
    ("restore", _unsettled_audiences),
    ("waiting", _waiting_items),
    ("addresses", _reserved_names),
    ("folders", _folders),
    ("departures", _departures),
    ("pictures", _pictures),
    ("templates", _templates),
    ("schedules", _schedules),
    ("mail server", _mail_server),
    ("forms", _forms),
    ("mails", _mails),
    ("themes", _themes),
    ("readers", _readers),
    ("titles", _titles),
    ("feeds", _feeds),
)
"""The checks of every site."""
