"""What a subscriber can request by a fresh link: all data about him, its erasure, and a change of address.

A fresh link works once. It opens a page that is valid for an hour. The address of that page is in no mail, so a
forwarded, old or intercepted mail gives none of these rights. A new address must first be confirmed by a letter to that
address.
"""

from dataclasses import dataclass
from datetime import datetime

from publisher.model.decisions import DecisionLog
from publisher.model.departures import Suppression, SuppressionKind
from publisher.model.errors import SuppressedError, UsageError
from publisher.model.subscribers import (
    MOVE_WITHIN,
    Consent,
    ConsentKind,
    LetterKind,
    Request,
    Subscriber,
    masked,
    moved_name,
)
from publisher.store import Store
from publisher.store.moves import MoveOutcome
from publisher.subscribers import tokens
from publisher.subscribers.held_data import held_data, held_of_stranger
from publisher.subscribers.people import People

logger = DecisionLog("subscribers")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """A change of address that waits for the subscriber to press the button behind the link in a letter to the new
    address.
    """

    before: Subscriber
    address: str
    """The new address."""

    @property
    def masked(self) -> str:
        """Return the new address, masked so that a page can show it."""
        return masked(self.address)


class OwnData:
    """What subscribers can do with the data held about them. Every method acts as of the moment `now`."""

    def __init__(self, people: People, store: Store) -> None:
        self._people = people
        self._store = store

    @property
    def _now(self) -> datetime:
        return self._people.now

    # --- the page that a fresh link opens ----------------------------------------------------------------------------

    def open(self, token: str) -> str | None:
        """Mark a fresh link (one from a letter that works once) as used. Return the token of the page that it opens, or
        `None` if the link is wrong, too old, or was used before, except a moment ago.
        """
        holder = self._people.links.use_fresh(token)
        if holder is None:
            return None
        return tokens.opened_token(holder.number, self._people.links.key, now=self._now)

    def holder(self, opened: str) -> Subscriber | None:
        """Return the subscriber who opened a page by a fresh link (one that works once), or `None` if the token is
        wrong, or if he opened it over an hour ago.
        """
        number = tokens.read_opened(opened, self._people.links.key, now=self._now)
        return None if number is None else self._people.links.present(number)

    def is_erased(self, opened: str) -> bool:
        """Whether the subscriber who opened a page by a fresh link within the last hour is erased now."""
        number = tokens.read_opened(opened, self._people.links.key, now=self._now)
        return number is not None and self._people.links.present(number) is None

    def held(self, subscriber: Subscriber) -> dict[str, object]:
        """Return all data held about a subscriber, in the form of `held_data`."""
        url = self._people.settings.privacy_url
        return held_data(subscriber, self._store, site=self._people.site, privacy_url=url, now=self._now)

    def held_of(self, address: str) -> dict[str, object]:
        """Return all data that the store has about an address, for the operator, even if the person has not confirmed.

        Raises:
            UsageError: there is no data about the address, or mail servers would not accept it.
        """
        if (reader := self._people.find(address)) is not None:
            return self.held(reader)
        wire, url = self._people.wire_address(address), self._people.settings.privacy_url
        held = held_of_stranger(wire, self._store, site=self._people.site, privacy_url=url, now=self._now)
        if held is None:
            raise UsageError(f"nothing is held of {address}")
        return held

    def erase(self, opened: str, *, is_final: bool = False) -> bool:
        """Erase all data about the subscriber who opened a page by a fresh link (one that works once); return whether
        the page is still valid.

        With `is_final`, an HMAC of his address is kept, so that no form, import or restore subscribes him again.
        """
        holder = self.holder(opened)
        if holder is None:
            return False
        suppression = Suppression(kind=SuppressionKind.ERASED, at=self._now) if is_final else None
        self._store.people.subscribers.erase(holder.address, suppression=suppression, now=self._now)
        logger.debug("a reader is erased", because="he asked for it", subscriber=holder.number)
        return True

    # --- another address ---------------------------------------------------------------------------------------------

    def ask_to_move(self, opened: str, address: str) -> bool:
        """Send a letter with a link to the new address that a subscriber asks for on the page he opened; return whether
        the page is still valid.

        Whether the site knows the new address makes no difference to what is returned. A suppressed address gets no
        letter.

        Raises:
            UsageError: mail servers do not accept the address.
        """
        holder, wire = self.holder(opened), self._people.wire_address(address)
        if holder is None:
            return False
        if wire != holder.address:
            request = Request(address=wire, choices={}, language=holder.language, words="", subscriber=holder.number)
            self._people.send_letter(LetterKind.MOVE, request)
        return True

    def moving(self, token: str) -> AddressChange | None:
        """Return the change of address that a letter's link would make, or `None` if the link is wrong, too old or
        used.
        """
        link = self._store.people.subscribers.link(tokens.digest_of(token))
        if link is None or link.kind is not LetterKind.MOVE or link.confirmation.used_at is not None:
            return None
        request = link.confirmation.request
        if request.subscriber is None or self._now - link.confirmation.asked_at > MOVE_WITHIN:
            return None
        before = self._people.links.present(request.subscriber)
        return None if before is None else AddressChange(before=before, address=request.address)

    def move(self, token: str, *, words: str) -> MoveOutcome | None:
        """Change a subscriber's address by the link in a letter. Return what became of the change, or `None` if the
        link is invalid or the new address may get no mail.

        `words` is the text beside the button; it is stored as his consent.
        """
        moving = self.moving(token)
        if moving is None:
            return None
        before, now = moving.before, self._now
        consent = Consent(kind=ConsentKind.MOVED, at=now, language=before.language, choices=before.choices, words=words)
        digest = tokens.digest_of(token)
        told = Request(address=before.address, choices={}, language=before.language, words="")
        name = f"{moved_name(before.number)}-{digest[:16]}"
        letter = self._people.letter(LetterKind.MOVED, told, name=name)
        try:
            outcome = self._store.people.moves.move(
                before, moving.address, consent=consent, letter=letter, used=digest, now=now
            )
        except SuppressedError:  # suppressed since the letter was sent
            return None
        if outcome is MoveOutcome.MOVED:
            logger.debug("a reader has another address", because="he confirmed it there", subscriber=before.number)
        return outcome
