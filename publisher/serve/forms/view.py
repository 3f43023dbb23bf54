"""One request for a form: the site, the visitor's language, and the functions that make pages."""

from datetime import date
from urllib.parse import quote, urlencode, urlsplit

from flask import Request, Response

from publisher.admin.reception import Reception
from publisher.model.retention import MAILS, UNCONFIRMED
from publisher.model.schedules import local_day
from publisher.model.subscribers import CONFIRM_WITHIN, UNDO_WITHIN, Subscriber
from publisher.publish.page_frame import render_page
from publisher.publish.page_values import DOMAIN, ShownLanguage
from publisher.rendering import languages, urls
from publisher.rendering.pace_words import own_words
from publisher.serve.forms.shown import Showing
from publisher.serve.forms.stamp import new_stamp
from publisher.subscribers.choose import left_last

PLACE = "forms.html"
"""The path for which the page's frame is rendered, so that its links start at the site's root."""


KEPT = ("theme", "link", "move")
"""Names of arguments that an address keeps when the visitor chooses another language: the chosen theme, and what was
sent.
"""


def capitalized(words: str) -> str:
    """Return words with their first letter as a capital; the other letters stay unchanged."""
    return words[:1].upper() + words[1:]


class View:
    """Makes the pages that answer one visitor."""

    def __init__(self, reception: Reception, asked: Request) -> None:
        self.reception = reception
        self.people = reception.people
        self.site = reception.people.site
        self._asked = asked
        self._root = urlsplit(self.site.base_url).path
        wanted = asked.args.get("language", "")
        self.chosen_language = wanted if wanted in self.spoken else ""
        """The language that the visitor chose, or an empty string if he chose none."""
        self.showing = Showing(
            settings=self.people.settings,
            themes=self.people.themes,
            theme_title=self.people.theme_title,
            rates=lambda: reception.rates,
            timezone=self.site.timezone,
            now=self.people.now,
        )

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages of forms and mails: those of the site that have translations, or English if none has."""
        tags = dict.fromkeys((self.site.language, *self.site.languages))
        known = [tag for tag in tags if languages.interface_language(tag, DOMAIN) == tag]
        return tuple(known) or (languages.SOURCE_LANGUAGE,)

    def path(self, *parts: str, language: str = "", query: str = "") -> str:
        """Return the path of a form, with `query`, in `language`. If that is empty, use the language that the visitor
        chose.
        """
        chosen = language or self.chosen_language
        queries = "&".join(filter(None, (query, f"language={chosen}" if chosen else "")))
        path = "/".join(quote(part, safe="") for part in parts)
        return f"{self._root}{urls.FORMS}/{path}{'?' if queries else ''}{queries}"

    def consent(self, language: str) -> str:
        """Return the exact words of consent beside the button of the form to subscribe."""
        return self.reception.look.templates.render("forms/consent.txt", language=language, domain=DOMAIN).strip()

    def move_words(self, language: str) -> str:
        """Return the exact words beside the button that confirms a new address."""
        return self.reception.look.templates.render("forms/move.txt", language=language, domain=DOMAIN).strip()

    def page(
        self,
        name: str,
        *here: str,
        language: str = "",
        status: int = 200,
        stop: str = "",
        mine: str = "",
        **values: object,
    ) -> Response:
        """Return the page of the template `name` at the path of the form `here`. `language` is the subscriber's, or
        empty if it is unknown.

        `stop` and `mine` are the tokens of the subscriber's links to unsubscribe and to his own page.

        Raises:
            TemplateError: a template cannot be used.
        """
        spoken = self.speaks(language)
        html = render_page(
            f"forms/{name}.html",
            PLACE,
            look=self.reception.look,
            language=spoken,
            root=self._root,
            title="",
            canonical=urls.subscribe_url(self.site) if name == "subscribe" else "",
            feeds=(),
            actions=self._actions(*here, stop=stop, mine=mine),
            by_mail=self.path("subscribe", language=self.named(spoken)),
            languages=self._languages(*here),
            stamp=new_stamp(self.reception.key, now=self.people.now),
            sender=self.people.settings.from_.address,
            privacy_url=self.people.settings.privacy_url,
            theme_count=self.showing.theme_count,
            pace_words={pace.name: capitalized(own_words(pace, spoken)) for pace in self.people.settings.paces},
            confirm_days=CONFIRM_WITHIN.days,
            forget_days=UNCONFIRMED.days,
            mail_days=MAILS.days,
            **values,
        )
        return Response(html, status, mimetype="text/html")

    def _actions(self, *here: str, stop: str, mine: str) -> dict[str, str]:
        """Return the paths to which the forms of a page are sent, by name."""
        return {
            "here": self.path(*here),
            "subscribe": self.path("subscribe"),
            "link": self.path("link"),
            "stop": self.path("stop", stop),
            "mine": self.path("mine", mine),
        }

    def _languages(self, *here: str) -> list[ShownLanguage]:
        """Return the links to the page at `here` in each language. They keep the arguments `KEPT` of the present
        address.
        """
        kept = urlencode({name: self._asked.args[name] for name in KEPT if name in self._asked.args})
        return [
            ShownLanguage(tag=tag, name=languages.own_name(tag), url=self.path(*here, language=tag, query=kept))
            for tag in self.spoken
        ]

    def speaks(self, language: str = "") -> str:
        """Return the language of a page for a visitor with the language `language`, or for one with an unknown language
        if it is empty.
        """
        return self.chosen_language or (language if language in self.spoken else self.spoken[0])

    def named(self, language: str) -> str:
        """Return the language to name in the path of a page for a visitor with the language `language`. Return an empty
        string for the language that pages have if their path names none.
        """
        spoken = self.speaks(language)
        return "" if spoken == self.spoken[0] else spoken

    def undo_day(self, subscriber: Subscriber) -> date | None:
        """Return the last day on which a subscriber can undo that he unsubscribed, or `None` if he did not unsubscribe,
        or if it is too late.
        """
        left_at = left_last(subscriber.subscriptions)
        if left_at is None or (until := left_at + UNDO_WITHIN) < self.people.now:
            return None
        return local_day(until, self.site.timezone)
