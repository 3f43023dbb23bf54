"""One request at the editors' desk: the site, the editor, his language, and the pages that answer him."""

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from html import escape
from urllib.parse import quote, urlsplit

from flask import Request, Response

from publisher.admin.desk import Desk
from publisher.admin.office import Office
from publisher.app import Publisher
from publisher.model.desk import Act, DeskSession
from publisher.model.editions import Audience
from publisher.model.errors import OutrunError
from publisher.model.reports import ComposeReport, RunReport
from publisher.model.schedules import zone_of
from publisher.model.site import Site
from publisher.publish.page_frame import window_title
from publisher.publish.page_values import ShownLanguage
from publisher.rendering import languages, urls
from publisher.serve.desk.deskpage import DeskPage

COOKIE = "desk"
DOMAIN = "desk"
"""The gettext domain of the fixed texts of the editors' desk."""
LONGEST_BUTTON = 2_500
"""How many characters of a button's value are read; an item's id in it may be a link. Python refuses numbers of more
than 4,300 digits.
"""


BEFORE = "was-"
"""The beginning of the names of hidden fields. Each has a short hash (see `mark_of`) of the text that another field had
at first.
"""
CHOSEN = ("do", "token", "state", "until", "pace", "ends", "language", "encoding")
"""Names of fields that contain no typed text."""
CHOSEN_OF_MANY = (BEFORE, "follow.")
"""The beginnings of the names of further fields that contain no typed text."""


def mark_of(text: str) -> str:
    """Return a short hash that identifies a text, whatever the space around it. With the texts instead of hashes, a
    form would be twice as long.
    """
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A link in the desk's menu to one of its pages."""

    name: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The reason why an action was refused, as a page shows it."""

    kind: str
    """Why nothing was done: `changed` (somebody else was quicker), `mistake` (in what was typed), `refused` (it is not
    possible), `busy` (other work runs), or `failed` (anything else).
    """
    words: str = ""
    """The reason, in the visitor's language."""
    quoted: str = ""
    """The words of a program or server, in English, or an empty string if there are none."""
    field: str = ""
    """The name of the field that is wrong."""


class Visit:
    """Renders pages for one visitor, and gives actions the values of the request."""

    def __init__(self, publisher: Publisher, asked: Request, pages: Sequence[DeskPage]) -> None:
        self.publisher = publisher
        self.desk: Desk = publisher.desk
        self.now = self.desk.now
        self.site: Site = self.desk.look.site
        self.root = urlsplit(self.site.base_url).path
        """The site's path, with a slash at its end."""
        self.asked = asked
        self.trouble: Trouble | None = None
        self._pages = pages
        wanted = asked.args.get("language", "")
        self._chosen_language = wanted if wanted in self.spoken else ""

    # --- the request -------------------------------------------------------------------------------------------------

    @cached_property
    def session(self) -> DeskSession | None:
        """The session of the person who is signed in, or `None` if nobody is."""
        return self.desk.session(self.cookie)

    @property
    def cookie(self) -> str:
        return self.asked.cookies.get(COOKIE, "")

    @property
    def person(self) -> str:
        """The address of the person who is signed in, or an empty string if nobody is."""
        return self.session.person if self.session else ""

    @property
    def form_token(self) -> str:
        """The secret in every form of this session, which no other site can know."""
        return hmac.new(self.cookie.encode(), b"publisher.desk.form", hashlib.sha256).hexdigest()

    @property
    def has_token(self) -> bool:
        """Whether the form that was sent belongs to this session."""
        return hmac.compare_digest(self.form_token.encode(), self.field("token").encode())

    def field(self, name: str) -> str:
        """Return the whole text of a form's field, with line feeds as line ends, or an empty string if the form has
        none.
        """
        return self.asked.form.get(name, "").replace("\r\n", "\n").replace("\r", "\n")

    def is_changed(self, name: str) -> bool:
        """Whether a field's text differs from its initial text, which the form contains."""
        before = f"{BEFORE}{name}"
        return before in self.asked.form and mark_of(self.field(name)) != self.field(before)

    def written(self) -> Iterator[tuple[str, str]]:
        """Yield the names and texts of the form's fields that were changed."""
        for name in self.asked.form:
            if name in CHOSEN or name.startswith(CHOSEN_OF_MANY) or not self.field(name).strip():
                continue
            if f"{BEFORE}{name}" not in self.asked.form or self.is_changed(name):
                yield name, self.field(name)

    @property
    def verb(self) -> str:
        """The name of the action that the button names."""
        return self.asked.form.get("do", "").partition(":")[0]

    @property
    def argument(self) -> str:
        """The part of the pressed button's value after the name of its action, such as `13` in `drop:13`."""
        return self.asked.form.get("do", "")[:LONGEST_BUTTON].partition(":")[2]

    @property
    def office(self) -> Office:
        """The site as it is now, in the form that functions of `admin` take."""
        return self.publisher.office

    def decide(
        self, decision: Callable[[Office], ComposeReport], *, unchanged: Callable[[Office], str] | None = None
    ) -> RunReport:
        """Apply a decision about editions as the commands do, while neither collecting nor composing runs.

        `unchanged`, if given, returns the present state; nothing is done unless that equals the form's state.

        Raises:
            BusyError: other work has been running for a minute.
            OutrunError: the present state is not the form's.
            UsageError: the decision cannot be applied.
        """

        def decide(office: Office) -> ComposeReport:
            if unchanged is not None and unchanged(office) != self.field("state"):
                raise OutrunError("the edition was changed meanwhile")
            return decision(office)

        return self.publisher.decide(decide)

    # --- language ----------------------------------------------------------------------------------------------------

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages of the editors' desk: those of the site that have translations, or English if none has."""
        tags = dict.fromkeys((self.site.language, *self.site.languages))
        known = [tag for tag in tags if languages.interface_language(tag, DOMAIN) == tag]
        return tuple(known) or (languages.SOURCE_LANGUAGE,)

    @property
    def language(self) -> str:
        """The language of the pages."""
        return self._chosen_language or self.spoken[0]

    def gettext(self, text: str) -> str:
        """Return a fixed text in the visitor's language."""
        return languages.translations(self.language, DOMAIN).gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the fixed text for a number in the visitor's language: `one` or `many`."""
        return languages.translations(self.language, DOMAIN).ngettext(one, many, number)

    # --- paths and pages ---------------------------------------------------------------------------------------------

    def path(self, *parts: str, language: str = "", query: str = "") -> str:
        """Return the path of a page of the desk, with `query`, in `language`, or else in the language that the visitor
        chose.
        """
        chosen = language or self._chosen_language
        queries = "&".join(filter(None, (query, f"language={chosen}" if chosen else "")))
        path = "/".join(quote(part, safe="") for part in (urls.FORMS, urls.DESK, *parts))
        return f"{self.root}{path}{'?' if queries else ''}{queries}"

    @property
    def here(self) -> str:
        """The path of the requested page, with the language that the visitor chose and no other query."""
        below = self.asked.path.partition(f"/{urls.FORMS}/{urls.DESK}")[2]
        return self.path(*below.strip("/").split("/")) if below.strip("/") else self.path()

    def called(self, audience: Audience, number: int) -> str:
        """Return an edition's name as its recipients know it, such as `Weekly digest, No. 3`."""
        words = self.gettext("%(digest)s, No.\N{NO-BREAK SPACE}%(number)s")
        return words % {"digest": audience.title, "number": number}

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the site's time zone."""
        return moment.astimezone(zone_of(self.site.timezone))

    def day_in_words(self, day: date) -> str:
        """Return a day in words, such as `Monday 9 March 2026`."""
        return languages.format_weekday(day, self.language)

    def done(self) -> Act | None:
        """Return the recorded action that this visitor has just done, or `None` if the page's address names none."""
        number = self.asked.args.get("done", "")
        act = self.desk.act(int(number)) if number.isdecimal() and len(number) < len(str(2**31)) else None
        return act if act and act.person == self.person else None

    def page(
        self,
        template: str,
        *,
        section: str = "",
        state: str = "",
        status: int = 200,
        places: Collection[str] = (),
        **values: object,
    ) -> Response:
        """Return the page of a template that extends `desk/frame.html`. `section` is the page's entry in the menu.

        `places` are the ids of elements that show `done` themselves if `done_at` is their id. Otherwise the top of the
        page shows it.

        Besides `values` a template has: `site`, `person`, `now`, `path(…)`, `local(…)` and `called(…)` of the visit,
        `mark_of(…)`, `here`, `done` (the sentence about what was just done, or empty), `trouble` (why nothing was done,
        or none), `typed` (what was typed then, by field; an unchanged field is missing), `homeless` (what was typed
        into fields that the page no longer has), and `form_token` and `state`, which `form_fields()` puts into a form.

        Raises:
            TemplateError: a template cannot be used.
        """
        look = self.desk.look
        just_done = self.done() if self.person else None
        render = partial(
            look.templates.render,
            template,
            language=self.language,
            domain=DOMAIN,
            site=self.site,
            page_language=languages.interface_language(self.language, DOMAIN),
            windowed=partial(window_title, site=self.site.title),
            style=f"{self.root}{urls.STYLE_FILE}",
            desk_style=self.path("style.css"),
            icon=f"{self.root}{look.icon or urls.ICON_FILE}",
            home=self.root,
            menu=self._menu(section),
            languages=self._languages(),
            person=self.person,
            now=self.now,
            path=self.path,
            local=self.local,
            called=self.called,
            mark_of=mark_of,
            here=self.here,
            done=just_done.words if just_done else "",
            done_at=at if (at := self.asked.args.get("at", "")) in places else "",
            trouble=self.trouble,
            typed=self._typed(),
            form_token=self.form_token if self.person else "",
            state=state,
            **values,
        )
        html = render(homeless=[])
        if homeless := self._homeless_in(html):
            html = render(homeless=homeless)
        return Response(html, status, mimetype="text/html")

    def _homeless_in(self, html: str) -> list[str]:
        """Return what was typed into a refused form, in fields that the page no longer has."""
        return [text for name, text in self.written() if f'name="{escape(name)}"' not in html] if self.trouble else []

    def _menu(self, section: str) -> list[MenuEntry]:
        there = [each for each in self._pages if each.is_in_menu and each.is_there(self.publisher.config)]
        return [
            MenuEntry(name=each.name, url=self.path(*filter(None, [each.rule])), is_current=each.name == section)
            for each in there
        ]

    def _languages(self) -> list[ShownLanguage]:
        base = self.here.partition("?")[0]
        return [
            ShownLanguage(tag=tag, name=languages.own_name(tag), url=f"{base}?language={tag}") for tag in self.spoken
        ]

    def _typed(self) -> Mapping[str, str]:
        """Return what was typed into a refused form, without unchanged fields."""
        if not self.trouble:
            return {}
        is_left = (f"{BEFORE}{name}" in self.asked.form and not self.is_changed(name) for name in self.asked.form)
        return {name: self.field(name) for name, left in zip(self.asked.form, is_left, strict=True) if not left}
