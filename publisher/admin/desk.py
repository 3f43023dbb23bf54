"""The editors' desk (the website where editors decide): who may sign in, and the record of which editor did what.

Signing in takes two steps: a link by mail, which works once within a quarter of an hour, and the button on its page.
There is no password. What editors can do at the desk are the decisions in `review` and other modules of this package;
the desk records who did what, and when.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from publisher.model.deliveries import Letter
from publisher.model.desk import Act, ActOutcome, DeskSession
from publisher.model.errors import UsageError
from publisher.model.settings import DeskSettings
from publisher.publish.page_values import SiteLook
from publisher.rendering.urls import desk_link_url
from publisher.store import Store
from publisher.subscribers import tokens

LINKS_AN_HOUR = 5
"""How many links are mailed to one person in an hour. If more are asked for, somebody else is probably asking."""
_HOUR = timedelta(hours=1)
_NO_LIMIT = 1_000_000

WriteLetter = Callable[[str, str, str], Letter]
"""Writes the letter with a sign-in link, given the person's address, the link's token, and the letter's name in the
ledger (the table of all mails).
"""


class Desk:
    """The editors' desk (the website where editors decide) of one site at one moment."""

    def __init__(
        self,
        *,
        settings: DeskSettings,
        store: Store,
        look: SiteLook,
        write_letter: WriteLetter | None,
        now: datetime,
    ) -> None:
        """Prepare the editors' desk. `write_letter` is `None` if config.toml names no mail server."""
        self.settings = settings
        self.look = look
        self.now = now
        self._records = store.desk
        self._write_letter = write_letter

    @property
    def sends_links(self) -> bool:
        """Whether sign-in links for editors are mailed. If not, `publisher desk link` prints them."""
        return self._write_letter is not None

    # --- signing in --------------------------------------------------------------------------------------------------

    def send_link(self, address: str) -> bool:
        """Mail a sign-in link to an address if it is an editor's and has not asked too often; return whether the link
        was sent.

        Raises:
            StoreError: the store cannot be used.
            TemplateError: a template of letters cannot be used.
        """
        person = self.settings.person(address)
        if not person or self._write_letter is None:
            return False
        token = tokens.new_single()
        digest = tokens.digest_of(token)
        letter = self._write_letter(person, token, f"desk-{digest[:16]}")
        since = self.now - _HOUR
        return self._records.add_link(digest, person, letters=[letter], most=LINKS_AN_HOUR, since=since, now=self.now)

    def new_link(self, address: str) -> str:
        """Return a sign-in link for an editor: the address of a page that signs him in, once.

        Raises:
            UsageError: no editor has that address.
        """
        person = self.settings.person(address)
        if not person:
            known = ", ".join(self.settings.people)
            raise UsageError(f"{address!r} is not in desk.people of config.toml; there is: {known}")
        token = tokens.new_single()
        digest = tokens.digest_of(token)
        self._records.add_link(digest, person, letters=(), most=_NO_LIMIT, since=self.now - _HOUR, now=self.now)
        return desk_link_url(self.look.site, token)

    def whom_lets_in(self, token: str) -> str:
        """Return the address of the person for whom a sign-in link with this token was made, or an empty string if the
        token is wrong, too old or used. The link stays unused.
        """
        return self.settings.person(self._records.link(tokens.digest_of(token), now=self.now))

    def come_in(self, token: str) -> str:
        """Use a sign-in link. Return the token of the new session, which the browser stores, or an empty string if the
        link is invalid.
        """
        if not self.whom_lets_in(token):
            return ""
        session = tokens.new_single()
        person = self._records.begin_session(tokens.digest_of(token), tokens.digest_of(session), now=self.now)
        return session if person else ""

    def session(self, token: str) -> DeskSession | None:
        """Return the session of an editor with this token, or `None` if it has ended, or if its person is not an editor
        any more.

        All sessions and links of a person who is no editor any more are deleted, so that they stay invalid if he
        becomes one again.
        """
        found = self._records.session(tokens.digest_of(token), now=self.now) if token else None
        if found is not None and not self.settings.person(found.person):
            self._records.forget_person(found.person)
            return None
        return found

    def sign_out(self, token: str) -> None:
        """End the session of an editor that has this token."""
        self._records.end_session(tokens.digest_of(token))

    def sign_out_everywhere(self, person: str) -> None:
        """End all sessions of a person, and invalidate the person's links."""
        self._records.forget_person(person)

    def count_sessions(self, person: str) -> int:
        """Return the number of browsers in which a person is signed in."""
        return self._records.count_sessions(person, now=self.now)

    # --- who did what ------------------------------------------------------------------------------------------------

    def begin_act(self, verb: str, about: str, *, person: str, language: str) -> int:
        """Record what an editor is about to do; return the number of the record, with which `end_act` adds the result.

        `language` is the language of the sentence that will describe the result.
        """
        return self._records.begin_act(verb, about, person=person, language=language, now=self.now)

    def end_act(self, number: int, words: str, *, is_done: bool, about: str = "") -> None:
        """Record the result of what an editor did: the sentence `words` about it, whether it was done, and what it
        changed (`about`).
        """
        self._records.end_act(number, ActOutcome.DONE if is_done else ActOutcome.REFUSED, words, about=about)

    def act(self, number: int) -> Act | None:
        """Return the recorded action of an editor with this number, or `None` if there is none."""
        return self._records.act(number)

    def acts(self, *, limit: int, about: str = "") -> list[Act]:
        """Return the latest recorded actions of editors, latest first. With `about`, only the actions on one thing,
        such as the edition `weekly-3`, are returned.
        """
        return self._records.acts(limit=limit, about=about)
