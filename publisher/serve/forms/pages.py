"""The pages of forms that several answers share, with the values of their templates."""

from collections.abc import Sequence
from datetime import date

from flask import Response

from publisher.model.schedules import local_day
from publisher.model.subscribers import Choices, ConsentKind, Request, Subscriber, masked
from publisher.rendering.languages import own_name
from publisher.rendering.text import scrub
from publisher.serve.forms.entered import Mistake, SubscribeForm
from publisher.serve.forms.view import View
from publisher.subscribers.choose import may_choose
from publisher.subscribers.own_data import AddressChange


def subscribe_page(view: View, order: SubscribeForm, mistakes: Sequence[Mistake] = ()) -> Response:
    """Return the form to subscribe, filled with what was entered."""
    return view.page(
        "subscribe",
        "subscribe",
        status=400 if mistakes else 200,
        mistakes=mistakes,
        order=order,
        paces=view.showing.paces(),
        rows=view.showing.rows(order.themes),
        consent=view.consent(view.speaks()),
    )


def confirm_page(view: View, token: str, wanted: Request) -> Response:
    """Return the page that shows what the link in a letter would confirm, and what a subscriber would no longer follow,
    with the button that confirms it.
    """
    subscriber = view.people.find(wanted.address)
    followed = view.people.present_choices(subscriber.choices) if subscriber else {}
    return view.page(
        "confirm",
        "confirm",
        token,
        language=wanted.language,
        address=masked(wanted.address),
        chosen=view.showing.chosen(wanted.choices),
        replaced=view.showing.chosen(followed if followed != wanted.choices else {}),
        rate=view.showing.mails(wanted.choices),
        mail_language=wanted.language,
        language_name=own_name(wanted.language),
        renewed_words=wanted.words if wanted.subscriber is not None else "",
    )


def welcome_page(view: View, token: str, subscriber: Subscriber) -> Response:
    """Return the page for a person who has just confirmed his subscription: when the first mail can come, and what to
    read meanwhile.
    """
    return view.page(
        "welcome",
        "welcome",
        token,
        language=subscriber.language,
        mine=token,
        address=subscriber.masked,
        chosen=view.showing.chosen(subscriber.choices),
        rate=view.showing.mails(subscriber.choices),
        next_mail=view.showing.next_mail(subscriber.choices, paused_until=subscriber.paused_until),
        latest_digest=view.reception.latest_digest,
    )


def mine_page(
    view: View, token: str, subscriber: Subscriber, *, is_saved: bool = False, is_moved: bool = False
) -> Response:
    """Return a subscriber's own page with his present choices. `is_saved` and `is_moved` say that he has just saved
    them, or changed his address.
    """
    pause = subscriber.pause_at(view.people.now)
    until = local_day(pause, view.site.timezone).isoformat() if pause else ""
    choices = view.people.present_choices(subscriber.choices)
    language = subscriber.language
    return _mine(view, token, subscriber, choices, language, until=until, is_saved=is_saved, is_moved=is_moved)


def mine_page_again(
    view: View, token: str, subscriber: Subscriber, choices: Choices, language: str, *, until: str, mistake: Mistake
) -> Response:
    """Return a subscriber's own page with what he entered, which was not saved because of a mistake."""
    return _mine(view, token, subscriber, choices, language, until=until, mistakes=(mistake,))


def _mine(
    view: View,
    token: str,
    subscriber: Subscriber,
    choices: Choices,
    language: str,
    *,
    until: str,
    mistakes: Sequence[Mistake] = (),
    is_saved: bool = False,
    is_moved: bool = False,
) -> Response:
    pause, followed = subscriber.pause_at(view.people.now), view.people.present_choices(subscriber.choices)
    return view.page(
        "mine",
        "mine",
        token,
        language=subscriber.language,
        status=400 if mistakes else 200,
        stop=view.people.links.tokens_of(subscriber.number)[0],
        mistakes=mistakes,
        is_saved=is_saved,
        is_moved=is_moved,
        address=subscriber.masked,
        followed=view.showing.followed(subscriber),
        consent=_consent_of(view, subscriber),
        last_mails=[
            view.showing.mail(mail.at, len(mail.items), themes, followed)
            for mail, themes in view.reception.last_mails(subscriber)
        ],
        rate=view.showing.mails(followed),
        next_mail=view.showing.next_mail(followed, paused_until=pause),
        paused_until=local_day(pause, view.site.timezone) if pause else None,
        is_suspended=view.people.is_suspended(subscriber),
        can_undo=view.undo_day(subscriber) is not None,
        may_choose=may_choose(subscriber.subscriptions, now=view.people.now),
        paces=view.showing.paces(),
        rows=view.showing.rows(choices, has_everything=True),
        until=until,
        mail_language_tag=language,
    )


def _consent_of(view: View, subscriber: Subscriber) -> tuple[date, str] | None:
    """Return when and how a subscriber consented elsewhere, as the operator says, or `None` if he consented by a form
    of this site.
    """
    consent = view.reception.consent(subscriber)
    if consent is None or consent.kind is not ConsentKind.OPERATOR:
        return None
    return local_day(consent.at, view.site.timezone), scrub(consent.words)


def stop_page(view: View, token: str, subscriber: Subscriber | None, state: str) -> Response:
    """Return the page that a link to unsubscribe opens. It shows nothing about the subscriber, who is `None` if
    his data was deleted.

    `state` is `ask` (before he unsubscribes), `stopped`, `back` (he gets mails again), or `fewer` (he gets them at the
    slowest pace).
    """
    slowest = view.people.settings.pace_names[-1]
    undo_until = view.undo_day(subscriber) if subscriber else None
    return view.page(
        "stop",
        "stop",
        token,
        language=subscriber.language if subscriber else "",
        state=state,
        slowest=slowest,
        can_slow_down=subscriber is not None and any(each.pace != slowest for each in subscriber.active),
        can_undo=undo_until is not None,
        undo_until=undo_until,
    )


def data_page(
    view: View, token: str, subscriber: Subscriber, *, mistakes: Sequence[Mistake] = (), email: str = ""
) -> Response:
    """Return the page on which a subscriber can export or erase his data, or change his address."""
    return view.page(
        "data",
        "fresh",
        token,
        language=subscriber.language,
        status=400 if mistakes else 200,
        mine=view.people.links.tokens_of(subscriber.number)[1],
        mistakes=mistakes,
        address=subscriber.masked,
        email=email,
    )


def erase_page(view: View, token: str, subscriber: Subscriber) -> Response:
    """Return the page that says what erasing removes and leaves, with the button that does it."""
    return view.page("erase", "fresh", token, language=subscriber.language, address=subscriber.masked)


def move_page(view: View, token: str, moving: AddressChange, *, is_taken: bool = False) -> Response:
    """Return the page with the button that confirms a new address. With `is_taken`, the page says that somebody else
    has the address.
    """
    language = moving.before.language
    return view.page(
        "move",
        "move",
        token,
        language=language,
        status=409 if is_taken else 200,
        is_taken=is_taken,
        address=moving.masked,
        words=view.move_words(view.speaks(language)),
    )


def link_page(view: View, *, mistakes: Sequence[Mistake] = (), email: str = "") -> Response:
    """Return the page with the form that asks for a letter with a new link."""
    status = 400 if mistakes else 200
    return view.page("link", "link", status=status, is_bad_link=False, mistakes=mistakes, email=email)


def bad_link_page(view: View) -> Response:
    """Return the page that says that a link is invalid, whatever the reason. It has the form that asks for a letter
    with a new link.
    """
    return view.page("link", "link", status=404, is_bad_link=True, mistakes=(), email="")


def trouble_page(view: View, trouble: str, status: int, *, language: str = "") -> Response:
    """Return the page that says why a form was not processed. `trouble` is `many` (too many forms), `long` (the request
    is too long) or `later` (try again later). `language` is the subscriber's, if known.
    """
    settings = view.people.settings
    answers_to = (settings.reply_to or settings.from_).address
    return view.page("trouble", "subscribe", language=language, status=status, trouble=trouble, answers_to=answers_to)
