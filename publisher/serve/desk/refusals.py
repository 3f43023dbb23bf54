"""Puts the reason why an editor's action was refused into words in his language. The error's own message is for the
operator.
"""

from publisher.model.errors import (
    BusyError,
    FilesError,
    MailServerError,
    PublisherError,
    SourceError,
    StoreError,
    TemplateError,
    UsageError,
)
from publisher.serve.desk.texts import Texts
from publisher.subscribers.roster import RosterError, RosterFlaw
from publisher.subscribers.transfer import UnsaidError


def tell_refusal(error: PublisherError, texts: Texts) -> str:
    """Return a sentence for an editor that says why an error prevented what he wanted to do."""
    _ = texts.gettext
    told = {
        BusyError: _("Publisher is busy with a pass."),
        UsageError: _("It is not possible any more: what the button was for has changed, or is gone."),
        MailServerError: _("The mail server cannot be used now. Try again in some minutes."),
        SourceError: _("The source cannot be read now."),
        TemplateError: _("A template of the site has a mistake. Whoever runs the site has to correct it."),
        FilesError: _("A file cannot be written. Whoever runs the site has to look at its disk."),
        StoreError: _("What the site remembers cannot be used now. Try again in some minutes."),
    }
    found = next((words for kind, words in told.items() if isinstance(error, kind)), "")
    return found or _("It did not work. Whoever runs the site finds the reason in the log.")


def tell_list_error(error: PublisherError, texts: Texts) -> str:
    """Return why a list of people cannot be used. The sentence quotes only names of columns without an @, because other
    text in the list may be an address.
    """
    _ = texts.gettext
    cannot = _("The list cannot be used.")
    expected = _(
        "Expected is an export of Publisher, listmonk, Mailchimp or phpList with its first line, a list of Mailman "
        "with an address a line, or a table with the columns email, agreed and agreed_at."
    )
    alone = _(
        "A table has the columns email, name, language, agreed and agreed_at alone; these cannot be read: %(columns)s."
    )
    match error:
        case RosterError(flaw=RosterFlaw.UNKNOWN):
            return f"{cannot} {alone % {'columns': ', '.join(error.columns)} if error.columns else expected}"
        case RosterError(flaw=RosterFlaw.NO_STATUS):
            why = _("This export of phpList does not say who left: export it again with all columns.")
            return f"{cannot} {why}"
        case RosterError():
            broken = _("Its line %(num)s cannot be read: perhaps a quotation mark is missing.")
            return f"{cannot} {broken % {'num': error.line}}"
        case UnsaidError():
            told = (
                (error.follows, _("Say what they follow.")),
                (error.how, _("Say how they agreed.")),
                (error.when, _("Say when they agreed.")),
            )
            return " ".join((cannot, *(words for is_missing, words in told if is_missing)))
        case UsageError():
            return cannot
        case _:
            return tell_refusal(error, texts)
