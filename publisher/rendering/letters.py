"""Letters about a subscription: short, with at most one link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from publisher.model.deliveries import DeliveryKind, Letter, NewDelivery, Rank
from publisher.model.editions import DigestStyle
from publisher.model.retention import UNCONFIRMED
from publisher.model.schedules import local_day
from publisher.model.settings import Pace, SubscriberSettings
from publisher.model.site import Mailbox, Site
from publisher.model.subscribers import (
    CONFIRM_WITHIN,
    EVERYTHING,
    RENEW_WITHIN,
    TRUST_PROBE_AFTER,
    Choices,
    LetterKind,
    Request,
)
from publisher.rendering.addresses import list_host, wire_address
from publisher.rendering.columns import wrap
from publisher.rendering.languages import format_day, gettext_noop, interface_language, translations
from publisher.rendering.message import letter_message
from publisher.rendering.pace_words import pace_word
from publisher.rendering.templates import Templates
from publisher.rendering.urls import confirm_url, fresh_url, host_of, mine_url, move_url

DOMAIN = "letters"
"""The gettext domain of the fixed texts of letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWords:
    """The plain-text values of the templates `letter.txt` and `letter.html`."""

    subject: str
    before: tuple[str, ...]
    """Paragraphs above the link."""
    facts: tuple[str, ...]
    """Lines that list the subscriber's choices, such as `Asylum, daily`."""
    door: str
    """The text of the link."""
    url: str
    """The address of the link; empty if the letter has no link."""
    after: tuple[str, ...]
    """Paragraphs below the link."""
    sender: str
    postal_address: str
    privacy_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """The fixed texts of a kind of letter, in English, to be translated and filled in."""

    subject: str
    before: str
    door: str
    """The text of the link; empty if the letter has no link."""
    after: str
    url_of: Callable[[Site, str], str]
    """Returns the address of the link, given the site and the link's token."""


_PRESS = gettext_noop("Open this page and press the button there")
_TEXTS = {
    LetterKind.CONFIRM: _Texts(
        subject=gettext_noop("Please confirm: %(site)s by mail"),
        before=gettext_noop("On %(day)s this address was entered on %(host)s for:"),
        door=_PRESS,
        url_of=confirm_url,
        after=gettext_noop(
            "The link is good for %(num)s days. Did you not ask for this? Do nothing: no other mail will come, "
            "and we delete the address after %(forget)s days."
        ),
    ),
    LetterKind.LINK: _Texts(
        subject=gettext_noop("Your link: %(site)s by mail"),
        before=gettext_noop("On %(day)s a link to your mails was asked for on %(host)s."),
        door=gettext_noop("Open your mails"),
        url_of=fresh_url,
        after=gettext_noop("The link is good for one hour, and once. Did you not ask for it? Do nothing."),
    ),
    LetterKind.MOVE: _Texts(
        subject=gettext_noop("Please confirm this address: %(site)s by mail"),
        before=gettext_noop("On %(day)s a subscriber asked on %(host)s to get mails at this address from now on."),
        door=_PRESS,
        url_of=move_url,
        after=gettext_noop(
            "The link is good for one day. Did you not ask for this? Do nothing: no other mail will come."
        ),
    ),
    LetterKind.MOVED: _Texts(
        subject=gettext_noop("Another address from now on: %(site)s by mail"),
        before=gettext_noop("On %(day)s your mails were moved to another address, and confirmed there."),
        door="",
        url_of=lambda _site, _token: "",
        after=gettext_noop("No other mail will come here. Was that not you? Please answer this mail."),
    ),
    LetterKind.PROBE: _Texts(
        subject=gettext_noop("Do our mails reach you again? %(site)s by mail"),
        before=gettext_noop("Mails to this address came back, so we stopped sending you:"),
        door=gettext_noop("Open your mails and press “Save” to go on at once"),
        url_of=mine_url,
        after=gettext_noop(
            "If you do nothing, mails go on in %(trust)s days, unless this letter comes back as well. What is "
            "new meanwhile is not lost."
        ),
    ),
    LetterKind.RENEW: _Texts(
        subject=gettext_noop("Do you still want these mails? %(site)s by mail"),
        before=gettext_noop(
            "You once agreed to get mails from %(site)s. From time to time we ask whether you still want them. "
            "You follow:"
        ),
        door=_PRESS,
        url_of=confirm_url,
        after=gettext_noop(
            "Then everything goes on as it was. The link is good for %(renew)s days. If you do nothing, the "
            "mails end after that by themselves."
        ),
    ),
}


class TemplateLetterWriter:
    """Writes the letters of one site."""

    def __init__(
        self,
        *,
        site: Site,
        settings: SubscriberSettings,
        style: DigestStyle,
        templates: Templates,
        theme_title: Callable[[str], str],
    ) -> None:
        """Make a writer for a site; `theme_title` gives the title of a theme by its slug."""
        self._site = site
        self._settings = settings
        self._style = style
        self._templates = templates
        self._theme_title = theme_title

    def write(self, kind: LetterKind, request: Request, token: str, *, name: str, now: datetime) -> Letter:
        """Return a letter ready to queue. It contains the `token` of its link; `name` is the letter's name in the
        ledger of mails.

        Raises:
            TemplateError: letter.txt or letter.html cannot be used.
        """
        words = self.words(kind, request, token, now=now)
        spoken = interface_language(request.language, DOMAIN)
        text, html = (
            self._templates.render(
                template, language=request.language, domain=DOMAIN, letter=words, style=self._style, wrap=wrap
            )
            for template in ("letter.txt", "letter.html")
        )
        message_id = f"<{name}.{now:%Y%m%dT%H%M%SZ}.letter@{list_host(self._site)}>"
        settings = self._settings
        mail = letter_message(
            subject=words.subject,
            text=text,
            html=html,
            from_=settings.from_,
            to=Mailbox(address=request.address),
            reply_to=settings.reply_to,
            message_id=message_id,
            dated=now,
            language=spoken,
        )
        delivery = NewDelivery(
            kind=DeliveryKind.LETTER,
            name=name,
            recipient=request.address,
            sender=wire_address(settings.from_.address),
            message_id=message_id,
            dated=now,
            rank=Rank.RENEWAL if kind is LetterKind.RENEW else Rank.LETTER,
        )
        return Letter(delivery=delivery, mail=mail)

    def words(self, kind: LetterKind, request: Request, token: str, *, now: datetime) -> LetterWords:
        """Return the words of a letter."""
        gettext = translations(request.language, DOMAIN).gettext
        said = {
            "site": self._site.title,
            "host": host_of(self._site.base_url),
            "day": format_day(local_day(now, self._site.timezone), interface_language(request.language, DOMAIN)),
            "num": CONFIRM_WITHIN.days,
            "forget": UNCONFIRMED.days,
            "trust": TRUST_PROBE_AFTER.days,
            "renew": RENEW_WITHIN.days,
        }
        texts = _TEXTS[kind]
        return LetterWords(
            subject=gettext(texts.subject) % said,
            before=(gettext(texts.before) % said,),
            facts=self.choices(request.choices, request.language),
            door=gettext(texts.door) if texts.door else "",
            url=texts.url_of(self._site, token),
            after=(gettext(texts.after) % said,),
            sender=self._sender(gettext),
            postal_address=self._settings.postal_address,
            privacy_url=self._settings.privacy_url,
        )

    def choices(self, choices: Choices, language: str) -> tuple[str, ...]:
        """Return a subscriber's choices (themes and paces) in words, one line each: `Asylum, daily`."""
        return tuple(
            f"{theme_word(theme, language, self._theme_title)}, {pace_word(pace, self._settings.paces, language)}"
            for theme, pace in choices.items()
        )

    def _sender(self, gettext: Callable[[str], str]) -> str:
        answers_to = (self._settings.reply_to or self._settings.from_).address
        name = self._settings.from_.name or self._site.title
        return f"{name}. " + gettext("An answer to this mail reaches %(address)s.") % {"address": answers_to}


def theme_word(theme: str, language: str, title_of: Callable[[str], str]) -> str:
    """Return the word that subscribers see for a theme, or for all themes."""
    return translations(language, DOMAIN).gettext("Everything") if theme == EVERYTHING else title_of(theme)


def follow_word(theme: str, pace: str, first_day: date, paces: Sequence[Pace], language: str) -> str:
    """Return a subscription in words, such as `Asylum weekly since 3 March 2026`, for `why_word`; `theme` is the word
    for the theme (`theme_word`).
    """
    gettext = translations(language, DOMAIN).gettext
    return gettext("%(theme)s %(pace)s since %(day)s") % {
        "theme": theme,
        "pace": pace_word(pace, paces, language),
        "day": format_day(first_day, interface_language(language, DOMAIN)),
    }


def why_word(follows: Iterable[str], language: str) -> str:
    """Return the sentence that says why a subscriber gets a mail; `follows` are his subscriptions in the words of
    `follow_word`.
    """
    gettext = translations(language, DOMAIN).gettext
    return gettext("You get this because you follow: %(what)s.") % {"what": gettext("; ").join(follows)}
