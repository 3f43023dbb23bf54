"""Notices: what the operator is told of a source, and an editor of a held edition, in words. Each is told once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shlex import quote

from publisher.model.editions import Audience, Edition
from publisher.model.reports import ConditionChange, SourceCondition
from publisher.model.schedules import zone_of
from publisher.model.site import Site
from publisher.model.titles import title_of
from publisher.rendering.languages import format_day, interface_language, translations

DOMAIN = "notices"
"""Of the catalogues of these texts."""


def source_notice(change: ConditionChange, *, site: Site, config: Path) -> tuple[str, str]:
    """The subject and the text of a notice about a source, in the site's language."""
    gettext = translations(site.language, DOMAIN).gettext
    said = {
        "source": change.source,
        "site": site.title,
        "since": _when(change.since, site, site.language) if change.since else "",
        "config": str(config),
    }
    subject, what, advice = (text % said for text in _source_texts(change.condition, gettext))
    known = [gettext("What is known of it:"), f"    {change.detail}"] if change.detail else []
    commands = {f"{verb} {change.source}": about for verb, about in _source_commands(change.condition, gettext).items()}
    commands["status"] = gettext("how all sources fare")
    return subject, _paragraphs([what], known, [advice], _commands(commands, config))


def review_notice(edition: Edition, *, audience: Audience, site: Site, folder: Path, config: Path) -> tuple[str, str]:
    """The subject and the text of a notice about a held edition, in its audience's language.

    `folder` is where the edition can be looked at.
    """
    language = audience.language_at(site)
    gettext = translations(language, DOMAIN).gettext
    said = {
        "edition": edition.name,
        "title": audience.title,
        "until": _when(edition.held_until or edition.composed_at, site, language),
        "folder": str(folder),
    }
    if audience.on_silence == "send":
        then = gettext("Then it goes out.")
    else:
        then = gettext("It goes on waiting after that, until you decide.")
    records = [f"  {record.short_id}  {record.item.date}  {title_of(record.item)}" for record in edition.records]
    commands = {
        f"show {edition.name}": gettext("its items, each with the name that drop takes"),
        f'introduce {edition.name} "…"': gettext("a text above the items"),
        f"drop {edition.name} ITEM": gettext("for good; with --until-next it is in the next edition"),
        f"postpone {edition.name} 2h": gettext("so long from now"),
        f"release {edition.name}": gettext("it goes out now"),
        f"discard {edition.name}": gettext("nobody gets it nor its items"),
    }
    text = _paragraphs(
        [gettext("%(edition)s, %(title)s: it waits for you until %(until)s.") % said, then],
        [gettext("Its items:"), *records],
        [gettext("Look at digest.html and digest.txt in %(folder)s. You may:") % said],
        _commands({f"edition {command}": about for command, about in commands.items()}, config),
    )
    return gettext("%(edition)s waits for you until %(until)s") % said, text


def _source_texts(condition: SourceCondition, gettext: Callable[[str], str]) -> tuple[str, str, str]:
    """The subject, what is the matter, and what to do."""
    once = " " + gettext("You are told this once, and once more when it is well again.")
    wait = " " + gettext("Nothing of it is shown to readers until you decide.")
    match condition:
        case SourceCondition.FAILING:
            return (
                gettext("%(site)s: the source %(source)s cannot be read"),
                gettext("The source %(source)s cannot be read, since %(since)s. Readers see what they saw before."),
                gettext("Fix it; it is read again automatically.") + once,
            )
        case SourceCondition.EMPTY:
            return (
                gettext("%(site)s: the source %(source)s lists nothing"),
                gettext("The source %(source)s can be read and lists nothing, since %(since)s. Nothing was withdrawn."),
                gettext("Fix it; it is read again automatically.") + once,
            )
        case SourceCondition.DRIFTED:
            return (
                gettext("%(site)s: the source %(source)s has another layout"),
                gettext("Since %(since)s items of the source %(source)s lack what nearly all of them had.") + wait,
                gettext("Adapt its selectors or columns if its layout changed.") + once,
            )
        case SourceCondition.HELD:
            return (
                gettext("%(site)s: the source %(source)s waits for your decision"),
                gettext("The source %(source)s has listed something suspicious since %(since)s.") + wait,
                once.strip(),
            )
        case SourceCondition.SILENT:
            return (
                gettext("%(site)s: the source %(source)s is silent"),
                gettext("The source %(source)s can be read, and has had no news since %(since)s."),
                gettext("See whether it moved. If such a silence is usual, set expect_every higher in %(config)s.")
                + once,
            )
        case _:
            return (
                gettext("%(site)s: the source %(source)s is well again"),
                gettext("The source %(source)s is well again."),
                gettext("There is nothing to do."),
            )


def _source_commands(condition: SourceCondition, gettext: Callable[[str], str]) -> dict[str, str]:
    match condition:
        case SourceCondition.DRIFTED | SourceCondition.HELD:
            return {
                "source release": gettext("if it is right"),
                "source discard": gettext("if not: nobody ever sees what is new in it"),
            }
        case SourceCondition.FAILING | SourceCondition.EMPTY:
            return {"collect": gettext("asks it at once")}
        case _:
            return {}


def _commands(about: Mapping[str, str], config: Path) -> list[str]:
    lines: list[str] = []
    for command, what in about.items():
        lines += [f"  # {what}", f"  publisher {command} --config {quote(str(config))}"]
    return lines


def _paragraphs(*paragraphs: Sequence[str]) -> str:
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"


def _when(instant: datetime, site: Site, language: str) -> str:
    local = instant.astimezone(zone_of(site.timezone))
    day = format_day(local.date(), interface_language(language, DOMAIN))
    return f"{day}, {local:%H:%M} ({site.timezone})"
