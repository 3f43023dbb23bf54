"""The command `publisher why`: what happened to a subscriber, and whether he got an item."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import click

from publisher.admin.hindrances import Hindrance, HindranceKind
from publisher.admin.why import ItemStory, MailWithItem, Story, Verdict, next_pace, tell_story, verdict_of
from publisher.cli.formats import held_words, local_time
from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_lines
from publisher.cli.subscribers import score_values, score_words
from publisher.model.bounces import BounceKind, BounceRow
from publisher.model.deliveries import DeliveryState, KnownDelivery
from publisher.model.departures import DepartureKind
from publisher.model.problems import counted
from publisher.model.retention import MAILS
from publisher.model.schedules import zone_of
from publisher.model.subscribers import EVERYTHING, ConsentKind, EndReason, Subscriber, Subscription, SubscriptionState
from publisher.model.titles import title_of

_LATEST = 5
"""How many mails are printed if the command names no item."""

_HOW = {
    ConsentKind.FORM: "in the form",
    ConsentKind.OPERATOR: "as the operator says",
    ConsentKind.MOVED: "to another address, confirmed there",
}


@click.command()
@site_command
@click.argument("address")
@click.argument("item", metavar="[URL|ID]", required=False)
def why(options: Options, address: str, item: str | None) -> None:
    """Tell what the subscriber ADDRESS follows and which mails he was sent; with ITEM, why he got the item or not."""
    with options.open_rehearsal() as publisher:
        story = tell_story(address, item, publisher.people, publisher.office.store, publisher.config)
        zone = zone_of(publisher.config.site.timezone)
    if options.is_json:
        print_json(_values_of(story))
    else:
        print_lines(_lines_of(story, zone))


def _lines_of(story: Story, zone: ZoneInfo) -> Iterator[str]:
    if story.subscriber is None:
        yield from _stranger_lines(story, zone)
        return
    yield from _history_lines(story.subscriber, story, zone)
    yield from _suppression_lines(story, zone)
    yield from _mail_lines(story, zone) if story.item is None else _item_lines(story.item, story, zone)
    yield from _due_lines(story, zone)


def _stranger_lines(story: Story, zone: ZoneInfo) -> Iterator[str]:
    yield f"{story.address} is not subscribed"
    if story.asked_at:
        yield f"somebody asked for it on {local_time(story.asked_at, zone)}, and it was not confirmed"
        if story.letter:
            yield f"  the letter by which to confirm: {_fate_words(story.letter, zone)}"
        if story.letter and story.letter.finished_at is None:
            yield from (_hindrance_words(each, zone) for each in story.hindrances if not each.is_of_rounds)
    elif story.departure is None:
        yield "nothing else is known of it: it never subscribed, or all data about it was erased"
    if story.departure is not None:
        yield f"{_GONE[story.departure]}: the file of departures keeps it out of imports (left here)"
    yield from _suppression_lines(story, zone)


_GONE = {
    DepartureKind.LEFT: "it left, and is not held any more",
    DepartureKind.ERASED: "all that was held of it was erased",
}


def _history_lines(reader: Subscriber, story: Story, zone: ZoneInfo) -> Iterator[str]:
    yield f"{reader.address} subscribed on {local_time(reader.since, zone)}"
    for consent in story.consents:
        yield f"  agreed on {local_time(consent.at, zone)}, {_HOW[consent.kind]}: {consent.words}"
    for each in reader.subscriptions:
        yield f"  {_subscription_words(each, story, zone)}"
    if story.renewal_asked_at:
        asked = local_time(story.renewal_asked_at, zone)
        yield f"  asked on {asked} whether the mails are still wanted, and not answered yet"
    if story.paused_until:
        yield f"  mails are paused until {local_time(story.paused_until, zone)}"
    for row in story.bounces:
        yield f"  {_bounce_words(row, zone)}"
    if story.score:
        yield f"  {score_words(story.score, zone)}"


def _bounce_words(row: BounceRow, zone: ZoneInfo) -> str:
    at = local_time(row.at, zone)
    if row.kind is BounceKind.UNSUBSCRIBE:
        return f"asked on {at}, by mail, to unsubscribe"
    return f"came back on {at}: " + " ".join(filter(None, (row.kind.value, row.status, row.words)))


def _due_lines(story: Story, zone: ZoneInfo) -> Iterator[str]:
    yield from (f"next {pace} mail: {local_time(at, zone)}, if something is new" for pace, at in story.due.items())
    if story.due or any(each.waits for each in story.mails):
        yield from (_hindrance_words(each, zone) for each in story.hindrances)
    if not story.due:
        is_suspended = story.score and story.score.suspended_at
        yield f"no mail is due, because {'mails came back' if is_suspended else 'nothing is followed'}"


def _hindrance_words(hindrance: Hindrance, zone: ZoneInfo) -> str:
    since = f" since {local_time(hindrance.since, zone)}" if hindrance.since else ""
    match hindrance.kind:
        case HindranceKind.OUTAGE:
            return f"no mail goes out{since}: {hindrance.about}"
        case HindranceKind.PAUSED:
            return f"no mail goes out: all are paused{since}; `publisher deliver --resume` lets them go on"
        case HindranceKind.RESTORED:
            return f"no mail is made{since}, when the site was restored; `publisher restore` shows how to go on"
        case HindranceKind.REVIEWED:
            return f"no mail is made while {hindrance.about} waits for its editor"
        case HindranceKind.POSTPONED:
            until = f": {held_words(hindrance.until, zone)}" if hindrance.until else ""
            return f"no mail is made, because an editor postponed them{until}"


def _suppression_lines(story: Story, zone: ZoneInfo) -> Iterator[str]:
    for each in story.suppressions:
        reason = f": {each.reason}" if each.reason else ""
        yield f"  suppressed since {local_time(each.at, zone)} ({each.kind.value}){reason}"


def _subscription_words(subscription: Subscription, story: Story, zone: ZoneInfo) -> str:
    theme = _theme_words(subscription)
    words = f"{theme} {subscription.pace}, since {local_time(subscription.since, zone)}"
    if subscription.state is SubscriptionState.ACTIVE or subscription.ended_at is None:
        if subscription.theme in story.gone:
            words = f"{words}; there is no such theme any more"
        if instead := story.present.get(subscription.pace):
            words = f"{words}; that pace is gone, so it comes {instead}"
        return words
    because = _REASONS[subscription.ended_because] if subscription.ended_because else "it is not known why"
    return f"{words}, ended {local_time(subscription.ended_at, zone)}: {because}"


_REASONS = {
    EndReason.CHANGED: "something else was chosen",
    EndReason.UNSUBSCRIBED: "the subscriber unsubscribed",
    EndReason.OPERATOR: "the operator ended it",
    EndReason.UNANSWERED: "the subscriber was asked, and did not say that the mails are still wanted",
    EndReason.BOUNCED: "mails did not arrive",
    EndReason.COMPLAINED: "the subscriber called a mail spam",
    EndReason.MOVED: "the subscriber took another address",
}


def _theme_words(subscription: Subscription) -> str:
    return "everything" if subscription.theme == EVERYTHING else subscription.theme


def _mail_lines(story: Story, zone: ZoneInfo) -> Iterator[str]:
    if len(story.mails) > _LATEST:
        yield f"{len(story.mails)} mails, the latest {_LATEST}:"
    for mail in story.mails[-_LATEST:]:
        yield _mail_words(mail, zone)
    if not story.mails:
        yield "no mail is known" if story.has_forgotten else "no mail was planned yet"
    if story.has_forgotten:
        yield f"mails of more than {MAILS.days} days ago are forgotten but for their counts"


def _mail_words(mail: MailWithItem, zone: ZoneInfo) -> str:
    round_, delivery = mail.past.round, mail.delivery
    paces, items = ", ".join(round_.paces), counted(len(mail.past.items), "item")
    words = f"{round_.name} ({paces}) of {local_time(round_.begun_at, zone)}, {items}: "
    if delivery is None:
        return f"{words}the ledger no longer knows what became of it"
    too_old = f"; too long, `publisher deliver --again {round_.name}` sends it" if mail.is_too_old else ""
    return f"{words}{_fate_words(delivery, zone)}{too_old}"


def _fate_words(delivery: KnownDelivery, zone: ZoneInfo) -> str:
    at = f" {local_time(delivery.finished_at, zone)}" if delivery.finished_at else ""
    reply = f", the server said: {delivery.reply}" if delivery.reply else ""
    return f"{_STATES.get(delivery.state, delivery.state.value)}{at}{reply}"


_STATES = {
    DeliveryState.QUEUED: "waits to be sent",
    DeliveryState.CANCELLED: "taken back",
    DeliveryState.LEASED: "on its way",
    DeliveryState.HANDING: "on its way",
}


def _item_lines(item: ItemStory, story: Story, zone: ZoneInfo) -> Iterator[str]:
    record = item.record
    yield f"item {record.short_id}: {title_of(record.item)}"
    number = f"number {record.added_seq} of the log" if record.added_seq else "not in the log"
    yield f"  {number}, {record.state.value}, in {', '.join(theme.slug for theme in record.themes)}"
    for subscription, relation in item.relations:
        follows, progress = f"{_theme_words(subscription)} {subscription.pace}", _progress_words(subscription)
        yield f"  to {follows}, {progress}: {relation.value}"
    for mail in item.mails:
        yield f"  {_mail_words(mail, zone)}"
    yield f"  {_verdict_words(item, story)}"


def _progress_words(subscription: Subscription) -> str:
    if subscription.cursor == subscription.start:
        return f"which begins after number {subscription.start}"
    return f"which has dealt with numbers {subscription.start + 1} to {subscription.cursor}"


def _verdict_words(item: ItemStory, story: Story) -> str:
    """Return a sentence that says whether the subscriber got the item, and why."""
    return f"so: {_VERDICTS[verdict_of(item, story)] % {'pace': next_pace(item, story)}}"


_VERDICTS = {
    Verdict.SENT: "it was sent",
    Verdict.PLANNED: "it is in a mail that is not sent, as said above",
    Verdict.WAITING: "it does not come yet, because its time has not come",
    Verdict.EXPIRED: "it does not come, because its time is over",
    Verdict.WITHDRAWN: "it does not come, because it was withdrawn",
    Verdict.HIDDEN: "it does not come, because it is hidden",
    Verdict.TAKEN_OUT: "it does not come, because an editor took it out for good",
    Verdict.FORGOTTEN: "its round is over, and what was sent so long ago is not known any more",
    Verdict.SUSPENDED: "it waits, because mails came back",
    Verdict.PASSED: "a round passed without it, because readers did not see it then",
    Verdict.NEXT: "it comes with the next %(pace)s mail",
    Verdict.LEFT: "it does not come, because the subscriber had left",
    Verdict.OLDER: "it does not come, because it was here before the subscription (an import begins one)",
    Verdict.OTHER: "it does not come, because it is in no theme that the subscriber follows",
}


def _values_of(story: Story) -> dict[str, object]:
    reader, item = story.subscriber, story.item
    return {
        "address": story.address,
        "since": reader and reader.since,
        "asked_at": story.asked_at,
        "departure": story.departure,
        "paused_until": story.paused_until,
        "renewal_asked_at": story.renewal_asked_at,
        "hindrances": [
            {"kind": each.kind, "since": each.since, "about": each.about, "until": each.until}
            for each in story.hindrances
        ],
        "subscriptions": [_subscription_values(each) for each in (reader.subscriptions if reader else ())],
        "mails": [_mail_values(each) for each in story.mails],
        "bounces": [{"at": row.at, "kind": row.kind, "status": row.status} for row in story.bounces],
        **score_values(story.score),
        "suppressions": [{"kind": each.kind, "at": each.at, "reason": each.reason} for each in story.suppressions],
        "due": dict(story.due),
        "item": item
        and {
            "id": item.record.uid,
            "number": item.record.added_seq,
            "state": item.record.state,
            "relations": [{"subscription": each.number, "relation": relation} for each, relation in item.relations],
            "mails": [each.past.round.name for each in item.mails],
            "verdict": _verdict_words(item, story).removeprefix("so: "),
        },
    }


def _subscription_values(subscription: Subscription) -> dict[str, object]:
    names = ("number", "theme", "pace", "state", "start", "cursor", "since", "ended_at", "ended_because")
    return {name: getattr(subscription, name) for name in names}


def _mail_values(mail: MailWithItem) -> dict[str, object]:
    delivery = mail.delivery
    told = {"state": delivery and delivery.state, "reply": delivery and delivery.reply}
    return {"name": mail.past.round.name, "begun_at": mail.past.round.begun_at, "items": len(mail.past.items), **told}
