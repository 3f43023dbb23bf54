"""Writes notices: to the operator about a source or the site's files, to an editor about a held edition."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shlex import quote

from publisher.model.characters import as_line
from publisher.model.corrections import quote_of
from publisher.model.editions import UNTIL_DECIDED, Audience, Edition, SourceChange
from publisher.model.reports import ConditionChange
from publisher.model.schedules import zone_of
from publisher.model.site import Site
from publisher.model.sources import SourceCondition
from publisher.model.titles import title_of
from publisher.rendering.languages import format_day, gettext_noop, interface_language, translations

DOMAIN = "notices"
"""The gettext domain of the fixed texts of notices."""


def source_notice(change: ConditionChange, *, site: Site, config: Path) -> tuple[str, str]:
    """Return subject and text of a notice about a source, in the site's language."""
    gettext = translations(site.language, DOMAIN).gettext
    said = {
        "source": change.source,
        "site": site.title,
        "since": moment_in_words(change.since, site, site.language) if change.since else "",
        "config": str(config),
    }
    subject, what, advice = (text % said for text in _source_texts(change.condition, gettext))
    known = [gettext("What is known of it:"), f"    {change.detail}"] if change.detail else []
    commands = {f"{verb} {change.source}": about for verb, about in _source_commands(change.condition, gettext).items()}
    commands["status"] = gettext("the state of all sources")
    return subject, paragraphs([what], known, [advice], commands_of(commands, config))


def site_notice(problems: Sequence[str], *, site: Site, config: Path) -> tuple[str, str]:
    """Return subject and text of a notice about the site's files; without problems, it says that all is well again."""
    gettext = translations(site.language, DOMAIN).gettext
    said = {"site": site.title}
    if not problems:
        text = paragraphs(
            [gettext("What was in the way of %(site)s is gone; it goes on from there.") % said],
            [gettext("There is nothing to do.")],
        )
        return gettext("%(site)s is well again") % said, text
    text = paragraphs(
        [gettext("Two runs in a row could not do all of their work. What readers see is whole, and stays as it is.")],
        [gettext("What is in the way:"), *(f"    {problem}" for problem in problems)],
        [
            gettext("Fix it; the next run goes on from there.")
            + " "
            + gettext("You are told this once, and once more when it is well again.")
        ],
        commands_of({"status": gettext("what is wrong now")}, config),
    )
    return gettext("%(site)s cannot do all of its work") % said, text


def review_notice(
    edition: Edition,
    *,
    titles: Sequence[str],
    audience: Audience,
    site: Site,
    folder: Path,
    config: Path,
    desk_url: str = "",
) -> tuple[str, str]:
    """Return subject and text of a notice about a held edition, in its audience's language.

    `titles` are the titles of the edition's items in the order of the digest, `folder` is the folder in which the
    edition can be viewed, and `desk_url` is the edition's page at the editors' desk, or an empty string if the site has
    no desk.
    """
    language = audience.language_at(site)
    gettext = translations(language, DOMAIN).gettext
    said = {"folder": str(folder)}
    items = [f"{number:3}. {title}" for number, title in enumerate(titles, start=1)]
    at_desk = [gettext("Decide in your browser, at the desk:"), f"    {desk_url}"] if desk_url else []
    by_hand = gettext("Look at digest.html and digest.txt in %(folder)s. You may:")
    without = gettext("Commands do the same. Look at digest.html and digest.txt in %(folder)s. You may:")
    waits, then = _wait_of(edition, audience, site, gettext)
    text = paragraphs(
        [f"{waits}.", *then],
        at_desk,
        _changes_in(edition, gettext),
        _withdrawn_from(edition, gettext),
        [gettext("Its items:"), *items],
        [(without if desk_url else by_hand) % said],
        commands_of(_review_commands(edition, gettext), config),
    )
    return waits, text


def _wait_of(edition: Edition, audience: Audience, site: Site, gettext: Callable[[str], str]) -> tuple[str, list[str]]:
    """Return the sentences that say how long an edition waits for its editor, and what happens then."""
    language = audience.language_at(site)
    called = {"edition": edition_in_words(edition, audience, gettext)}
    if edition.held_until == UNTIL_DECIDED:
        return gettext("%(edition)s waits until you decide") % called, []
    until = moment_in_words(edition.held_until or edition.composed_at, site, language)
    waits = gettext("%(edition)s waits for you until %(until)s") % {**called, "until": until}
    if audience.on_silence == "send":
        return waits, [gettext("Then it goes out.")]
    return waits, [gettext("It goes on waiting after that, until you decide.")]


def edition_in_words(edition: Edition, audience: Audience, gettext: Callable[[str], str]) -> str:
    """Return an edition's name as its readers know it: `Weekly digest, No. 3`."""
    return gettext("%(digest)s, No.\N{NO-BREAK SPACE}%(number)s") % {"digest": audience.title, "number": edition.number}


def _review_commands(edition: Edition, gettext: Callable[[str], str]) -> dict[str, str]:
    """Return the commands for a held edition, each with a description."""
    commands = {
        f"show {edition.name}": gettext("its items, and what you left out"),
        f'introduce {edition.name} "…"': gettext("a text above the items; [words](https://…) is a link"),
        f"order {edition.name} 3 1": gettext("items 3 and 1 come first; the very first one leads"),
        f'retitle {edition.name} 2 "…"': gettext("another title of item 2"),
        f'subject {edition.name} "…"': gettext("another subject"),
        f"drop {edition.name} 2": gettext("item 2, for good; with --until-next it is in the next edition"),
        f"restore {edition.name} ITEM": gettext("what you left out is in it again"),
        f"postpone {edition.name} 2h": gettext("so long from now"),
        f"release {edition.name}": gettext("it goes out now"),
        f"discard {edition.name}": gettext("neither it nor its items are sent, now or later"),
    }
    return {f"edition {command}": about for command, about in commands.items()}


def gone_notice(edition: Edition, *, audience: Audience, site: Site) -> tuple[str, str]:
    """Return subject and text of a notice about a held edition whose last item was withdrawn."""
    gettext = translations(audience.language_at(site), DOMAIN).gettext
    said = {"edition": edition_in_words(edition, audience, gettext)}
    text = paragraphs(
        [gettext("The last item of %(edition)s was withdrawn, so it does not go out.") % said],
        _withdrawn_from(edition, gettext),
        [gettext("There is nothing to do.")],
    )
    return gettext("%(edition)s does not go out") % said, text


def _withdrawn_from(edition: Edition, gettext: Callable[[str], str]) -> list[str]:
    if not edition.withdrawn:
        return []
    titles = [f"  {title_of(record.item)}" for record in edition.withdrawn]
    return [gettext("Withdrawn since it was composed, and no longer in it:"), *titles]


def _changes_in(edition: Edition, gettext: Callable[[str], str]) -> list[str]:
    """Return lines that say what the sources changed in the edition's items after it was composed."""
    if not edition.followed:
        return []
    lines = [gettext("Changed in its source since it was composed, and here:")]
    for changed in edition.followed:
        lines.append(f"  {title_of(changed.record.item)}")
        lines += [f"    {what}" for what in _change_of(changed, gettext)]
    return lines


def _change_of(changed: SourceChange, gettext: Callable[[str], str]) -> list[str]:
    before, now, here = (title_of(item) for item in (changed.was, changed.now, changed.record.item))
    if before != now:
        by_editor = [gettext("Its source calls it now: %s") % now] if here != now else []
        return [gettext("It was: %s") % before, *by_editor]
    gone, new = quote_of(changed.was, changed.now), quote_of(changed.now, changed.was)
    if gone or new:
        said = (gettext("It said: %s") % gone if gone else "", gettext("It says now: %s") % new if new else "")
        return [line for line in said if line]
    if changed.was.text != changed.now.text:
        return [gettext("Its text changed.")]
    return [gettext("Its title and text are as before; something else changed, such as its theme.")]


_WELL_AGAIN = (
    gettext_noop("%(site)s: the source %(source)s is well again"),
    (gettext_noop("The source %(source)s is well again."),),
    (gettext_noop("There is nothing to do."),),
)
_ONCE = gettext_noop("You are told this once, and once more when it is well again.")
_WAIT = gettext_noop("Nothing of it is shown to readers until you decide.")
_REREAD = gettext_noop("Fix it; it is read again automatically.")
_SOURCE_TEXTS = {
    SourceCondition.FAILING: (
        gettext_noop("%(site)s: the source %(source)s cannot be read"),
        (gettext_noop("The source %(source)s cannot be read, since %(since)s. Readers see what they saw before."),),
        (_REREAD, _ONCE),
    ),
    SourceCondition.EMPTY: (
        gettext_noop("%(site)s: the source %(source)s lists nothing"),
        (gettext_noop("The source %(source)s can be read and lists nothing, since %(since)s. Nothing was withdrawn."),),
        (_REREAD, _ONCE),
    ),
    SourceCondition.DRIFTED: (
        gettext_noop("%(site)s: the source %(source)s has another layout"),
        (gettext_noop("Since %(since)s items of the source %(source)s lack what nearly all of them had."), _WAIT),
        (gettext_noop("Adapt its selectors or columns if its layout changed."), _ONCE),
    ),
    SourceCondition.HELD: (
        gettext_noop("%(site)s: the source %(source)s waits for your decision"),
        (gettext_noop("The source %(source)s has listed something suspicious since %(since)s."), _WAIT),
        (_ONCE,),
    ),
    SourceCondition.SILENT: (
        gettext_noop("%(site)s: the source %(source)s is silent"),
        (gettext_noop("The source %(source)s can be read, and has had no news since %(since)s."),),
        (
            gettext_noop("See whether it moved. If such a silence is usual, set expect_every higher in %(config)s."),
            _ONCE,
        ),
    ),
}
"""The texts of a notice by the condition of a source: the subject, the problem, and the advice."""


def _source_texts(condition: SourceCondition, gettext: Callable[[str], str]) -> tuple[str, str, str]:
    """Return the texts of a notice about a source in this condition, translated: the subject, the problem, and the
    advice.
    """
    subject, problem, advice = _SOURCE_TEXTS.get(condition, _WELL_AGAIN)
    return gettext(subject), " ".join(map(gettext, problem)), " ".join(map(gettext, advice))


def _source_commands(condition: SourceCondition, gettext: Callable[[str], str]) -> dict[str, str]:
    match condition:
        case SourceCondition.DRIFTED | SourceCondition.HELD:
            return {
                "source release": gettext("if it is right"),
                "source discard": gettext("if not: its new items are never shown"),
            }
        case SourceCondition.FAILING | SourceCondition.EMPTY:
            return {"collect": gettext("asks it at once")}
        case _:
            return {}


def commands_of(about: Mapping[str, str], config: Path) -> list[str]:
    """Return lines with commands, each below its description; `about` has the descriptions by command."""
    lines: list[str] = []
    for command, what in about.items():
        lines += [f"  # {what}", f"  publisher {command} --config {quote(str(config))}"]
    return lines


def paragraphs(*paragraphs: Sequence[str]) -> str:
    """Return a text of paragraphs, each given as its lines; a paragraph without lines is left out."""
    return "\n\n".join("\n".join(as_line(line) for line in lines) for lines in paragraphs if lines) + "\n"


def moment_in_words(instant: datetime, site: Site, language: str) -> str:
    """Return an instant in local time: `4 March 2026, 10:30 (Europe/Brussels)`."""
    local = instant.astimezone(zone_of(site.timezone))
    day = format_day(local.date(), interface_language(language, DOMAIN))
    return f"{day}, {local:%H:%M} ({site.timezone})"
