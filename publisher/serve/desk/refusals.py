"""Why an act was not done, in the language of its editor. The error's own words are for whoever runs the site."""

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


def tell_refusal(error: PublisherError, texts: Texts) -> str:
    """A sentence for the kind of the error."""
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
