"""Changes a subscriber's subscriptions when he chooses, leaves, or comes back. Pure.

Every function takes the present subscriptions and returns the new ones. A subscription may end, but is never removed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from publisher.model.settings import SubscriberSettings
from publisher.model.subscribers import (
    EVERYTHING,
    UNDO_WITHIN,
    Choices,
    EndReason,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from publisher.model.themes import ThemeMap

Subscriptions = tuple[Subscription, ...]


def choose(before: Sequence[Subscription], choices: Choices, *, log_end: int, now: datetime) -> Subscriptions:
    """Return the subscriptions for exactly these themes at these paces; `log_end` is the last number of the item log
    now.

    If a theme changes its pace, its cursor (the log number up to which items were sent) stays, so the subscriber gets
    all items since then. The same is true of a theme that was followed as part of `EVERYTHING` until now.

    If a theme is followed as part of `EVERYTHING` from now on, its own subscription stays, at the same pace, until it
    can have no more items from before `EVERYTHING` began.
    """
    every = _active(before, EVERYTHING)
    goes_on = tuple(_go_on(each, choices, every, now=now) for each in before)
    followed = {each.theme for each in goes_on if each.state is SubscriptionState.ACTIVE}
    begun = [theme for theme in choices if theme not in followed]
    start, cursor = (every.start, every.cursor) if every else (log_end, log_end)
    last = max((each.number for each in before), default=0)
    new = (
        Subscription(
            number=number,
            theme=theme,
            pace=choices[theme],
            state=SubscriptionState.ACTIVE,
            start=start,
            cursor=cursor,
            since=now,
        )
        for number, theme in enumerate(begun, start=last + 1)
    )
    return (*goes_on, *new)


def _active(subscriptions: Sequence[Subscription], theme: str) -> Subscription | None:
    active = (each for each in subscriptions if each.state is SubscriptionState.ACTIVE and each.theme == theme)
    return next(active, None)


def _go_on(subscription: Subscription, choices: Choices, every: Subscription | None, *, now: datetime) -> Subscription:
    """Return a subscription as it is after a subscriber's choices: unchanged, at another pace (how often mails come),
    or ended.
    """
    if subscription.state is not SubscriptionState.ACTIVE:
        return subscription
    if subscription.theme in choices:
        return replace(subscription, pace=choices[subscription.theme])
    is_covered = every is not None and every.start <= subscription.cursor
    if EVERYTHING in choices and not is_covered:
        return replace(subscription, pace=choices[EVERYTHING])
    return _end(subscription, EndReason.CHANGED, now=now)


def leave(before: Sequence[Subscription], because: EndReason, *, now: datetime) -> Subscriptions:
    """Return the subscriptions with all active ones ended, for the reason `because`."""
    return tuple(_end(each, because, now=now) if each.state is SubscriptionState.ACTIVE else each for each in before)


def _end(subscription: Subscription, because: EndReason, *, now: datetime) -> Subscription:
    return replace(subscription, state=SubscriptionState.ENDED, ended_at=now, ended_because=because)


def undo(before: Sequence[Subscription], *, now: datetime) -> Subscriptions:
    """Return the subscriptions where those that the subscriber ended last are resumed, if that was not long ago and he
    has followed nothing since.

    He also gets the items that appeared since they ended.
    """
    left_at = left_last(before)
    if left_at is None or now - left_at > UNDO_WITHIN:
        return tuple(before)
    return tuple(_go_on_again(each) if _was_left(each) and each.ended_at == left_at else each for each in before)


def left_last(subscriptions: Sequence[Subscription]) -> datetime | None:
    """Return when the subscriber unsubscribed. Return `None` if he follows something, or if his subscriptions ended in
    another way, such as by the operator.
    """
    if any(each.state is SubscriptionState.ACTIVE for each in subscriptions):
        return None
    ended = [(each.ended_at, _was_left(each)) for each in subscriptions if each.ended_at is not None]
    at, is_left = max(ended, default=(None, False))
    return at if is_left else None


def may_choose(subscriptions: Sequence[Subscription], *, now: datetime) -> bool:
    """Whether a subscriber can choose themes on his own page: he follows one, or can still undo that he left.

    Otherwise the form to subscribe, with its letter, brings him back. A forwarded mail leads to his page, too, and must
    not subscribe a person who left.
    """
    return any(each.state is SubscriptionState.ACTIVE for each in undo(subscriptions, now=now))


def _was_left(subscription: Subscription) -> bool:
    return subscription.ended_because is EndReason.UNSUBSCRIBED


def _go_on_again(subscription: Subscription) -> Subscription:
    return replace(subscription, state=SubscriptionState.ACTIVE, ended_at=None, ended_because=None)


def slow_down(before: Sequence[Subscription], pace: str) -> Subscriptions:
    """Return the subscriptions with all active ones at the pace `pace` (the name for how often mails come)."""
    return tuple(replace(each, pace=pace) if each.state is SubscriptionState.ACTIVE else each for each in before)


def present_subscriptions(subscriptions: Sequence[Subscription], themes: ThemeMap) -> Subscriptions:
    """Return the subscriptions with the present slugs of their themes, because themes may have been renamed."""
    return tuple(replace(each, theme=themes.current(each.theme)) for each in subscriptions)


def present_choices(choices: Choices, themes: ThemeMap, settings: SubscriberSettings) -> dict[str, str]:
    """Return choices with the present slugs of their themes. A pace (how often mails come) that config.toml no longer
    has becomes the default.
    """
    names, default = settings.pace_names, settings.default_pace
    return {themes.current(slug): pace if pace in names else default for slug, pace in choices.items()}


def present_subscriber(subscriber: Subscriber, themes: ThemeMap) -> Subscriber:
    """Return the subscriber with the present slugs of the themes he follows."""
    return replace(subscriber, subscriptions=present_subscriptions(subscriber.subscriptions, themes))
