"""Notices about mails, in words: refusals, failures, the mail server."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from publisher.model.deliveries import FailedMail, Outage
from publisher.model.site import Site
from publisher.rendering.languages import translations
from publisher.rendering.notices import DOMAIN, commands_of, moment_in_words, paragraphs


def outage_notice(outage: Outage, *, until: datetime, site: Site) -> tuple[str, str]:
    """Return subject and text of a notice that the mail server could not be used for a time, and works again since
    `until`.
    """
    gettext = translations(site.language, DOMAIN).gettext
    said = {
        "site": site.title,
        "since": moment_in_words(outage.since, site, site.language),
        "until": moment_in_words(until, site, site.language),
    }
    text = paragraphs(
        [gettext("From %(since)s to %(until)s no mail could be sent. What waited goes out now.") % said],
        _known(outage.problem, gettext),
        [gettext("There is nothing to do.")],
    )
    return gettext("%(site)s: mails go out again") % said, text


def refused_notice(failed: FailedMail, *, site: Site, config: Path) -> tuple[str, str]:
    """Return subject and text of a notice that the mail server refused the mail of an edition for good."""
    gettext = translations(site.language, DOMAIN).gettext
    said = {"site": site.title, "edition": failed.name, "recipient": failed.recipient}
    what = gettext("The mail server refused %(edition)s to %(recipient)s for good. No one on this list received it.")
    return gettext("%(site)s: %(edition)s was refused") % said, _failed_text(what % said, failed, gettext, config)


def bounced_notice(failed: FailedMail, *, site: Site, config: Path) -> tuple[str, str]:
    """Return subject and text of a notice that the mail of an edition bounced."""
    gettext = translations(site.language, DOMAIN).gettext
    said = {"site": site.title, "edition": failed.name, "recipient": failed.recipient}
    what = gettext("%(edition)s to %(recipient)s came back: it could not be delivered.")
    return gettext("%(site)s: %(edition)s came back") % said, _failed_text(what % said, failed, gettext, config)


def _failed_text(what: str, failed: FailedMail, gettext: Callable[[str], str], config: Path) -> str:
    commands = {
        f"deliver --again {failed.name}": gettext("sends it again, once the cause is gone"),
        "status": gettext("the state of all mails"),
    }
    advice = gettext("Ask who runs the list whether it knows the address of the sender and takes its mail.")
    return paragraphs([what], _known(failed.reply, gettext), [advice], commands_of(commands, config))


def _known(words: str, gettext: Callable[[str], str]) -> list[str]:
    return [gettext("What is known of it:"), f"    {words}"] if words else []
