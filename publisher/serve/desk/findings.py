"""Puts the findings of a check of a mail into words in the editor's language."""

from publisher.admin.mail_checks import Finding, MailFlaw
from publisher.rendering.languages import gettext_noop
from publisher.serve.desk.texts import Texts


def tell_finding(finding: Finding, texts: Texts) -> str:
    """Return a finding about a mail in one or two sentences. If there is no translation, return it in English, as
    `publisher check` prints it.
    """
    if finding.flaw is None:
        return finding.what
    counted = _counted(finding, texts)
    return (counted or texts.gettext(_SENTENCES[finding.flaw])) % finding.values


def _counted(finding: Finding, texts: Texts) -> str:
    """Return the sentence for a finding about a mail that counts something, or an empty string for other findings."""
    number = finding.values.get("num")
    if not isinstance(number, int):
        return ""
    if finding.flaw is MailFlaw.NO_ROOM:
        return texts.ngettext(
            "%(num)s of its items has no room in it, and is on the web only.",
            "%(num)s of its items have no room in it, and are on the web only.",
            number,
        )
    return texts.ngettext(
        "The subject has %(num)s character; inboxes show %(limit)s at most.",
        "The subject has %(num)s characters; inboxes show %(limit)s at most.",
        number,
    )


_SENTENCES = {
    MailFlaw.PALE: gettext_noop(
        "“%(text)s” is hard to read in the light: its contrast is %(ratio)s, and readers need %(needed)s. "
        "The colours are those of the template, or of the configuration."
    ),
    MailFlaw.PALE_IN_THE_DARK: gettext_noop(
        "“%(text)s” is hard to read in the dark: its contrast is %(ratio)s, and readers need %(needed)s. "
        "The colours are those of the template, or of the configuration."
    ),
    MailFlaw.SILENT_PICTURE: gettext_noop(
        "The picture %(picture)s has no words for people who do not see it. They belong to it in its source, or in "
        "the template."
    ),
    MailFlaw.HEADINGS: gettext_noop(
        "Its headings do not follow each other level by level, so people who listen to it lose their way. The "
        "template or the text of an item needs a look."
    ),
    MailFlaw.TOO_LARGE: gettext_noop(
        "It takes %(size)s kB; Gmail hides what is beyond %(limit)s kB, and with it how to unsubscribe. Leave some "
        "items out."
    ),
    MailFlaw.LARGE_FOR_A_LIST: gettext_noop(
        "The mail takes %(size)s kB; a Mailman list keeps a mail of more than %(limit)s kB for its moderator, if "
        "nobody raised its limit."
    ),
    MailFlaw.DEAD_ANCHOR: gettext_noop("The link %(link)s leads to no place in the mail."),
    MailFlaw.PARTIAL_LINK: gettext_noop("The link %(link)s is no whole address: it must begin with https://."),
    MailFlaw.TRACKING_LINK: gettext_noop("The link %(link)s tracks its readers. Better: %(better)s"),
    MailFlaw.FOREIGN_PICTURES: gettext_noop("Who opens it fetches pictures from %(host)s, which learns of it."),
    MailFlaw.FETCHES: gettext_noop(
        "Who opens it fetches %(address)s, whose owner learns of it. The template needs a change."
    ),
    MailFlaw.PIXEL: gettext_noop("%(address)s is an invisible picture, as trackers use it. Take it out."),
    MailFlaw.NO_SUBJECT: gettext_noop("It has no subject."),
    MailFlaw.LOUD_SUBJECT: gettext_noop("The subject is all capitals, as in spam."),
    MailFlaw.SHOUTED_SUBJECT: gettext_noop("The subject has %(marks)s, as in spam."),
    MailFlaw.NO_PREHEADER: gettext_noop(
        "It has no line to stand beside the subject: inboxes show the beginning of the text instead."
    ),
    MailFlaw.REPEATED_SUBJECT: gettext_noop("The line beside the subject in inboxes repeats the subject."),
    MailFlaw.BARE_TEXT: gettext_noop(
        "As plain text it says nothing but addresses, as spam does. The template needs a change."
    ),
    MailFlaw.USELESS_ELEMENT: gettext_noop(
        "It has an element <%(element)s>, which no mail program shows and spam filters count. Take it out of the "
        "template."
    ),
    MailFlaw.NO_LANGUAGE: gettext_noop(
        "It does not say its language, so it is read aloud wrongly. The template needs a change."
    ),
    MailFlaw.NO_TITLE: gettext_noop("It has no title, which some programs show. The template needs a change."),
    MailFlaw.NO_WAY_OUT: gettext_noop("It has no link to %(way)s: readers must be told how to unsubscribe."),
    MailFlaw.NO_WAY_OUT_IN_TEXT: gettext_noop(
        "As plain text it does not name %(way)s: readers must be told how to unsubscribe."
    ),
    MailFlaw.NO_POSTAL_ADDRESS: gettext_noop(
        "It has no postal address, which some laws ask for in mails to many. Whoever runs the site can set one."
    ),
}
