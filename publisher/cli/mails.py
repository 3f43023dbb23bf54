"""`publisher deliver`: sends mails, and takes the operator's orders about mails."""

import click

from publisher.admin import mail_orders
from publisher.admin.mail_orders import Again, words_of_known
from publisher.admin.office import audiences_named
from publisher.app import Publisher
from publisher.cli.delivery_output import mails_words
from publisher.cli.options import Options, dry_run_option, finish, site_command
from publisher.cli.output import print_line
from publisher.model.errors import UsageError
from publisher.model.problems import counted
from publisher.model.round_names import is_round_name
from publisher.model.schedules import zone_of


@click.command()
@site_command
@dry_run_option
@click.argument("audience", required=False)
@click.option(
    "--from", "start", metavar="EDITION", help="Send this edition and the later ones of its audience, if not sent yet."
)
@click.option("--pause", is_flag=True, help="Let all mails wait, or those of AUDIENCE, until --resume.")
@click.option("--resume", is_flag=True, help="Let all mails go on, or those of AUDIENCE.")
@click.option("--recall", metavar="EDITION", help="Take back the mails of this edition or round that are not sent.")
@click.option(
    "--again",
    metavar="EDITION",
    help="Ask, and send this edition once more; of a round, send the mails that were taken back or waited too long.",
)
@click.option(
    "--test-to", metavar="ADDRESS", help="Send the next edition, of AUDIENCE or of each, as a test to this address."
)
@click.option("--yes", is_flag=True, help="With --again: do not ask.")
def deliver(
    options: Options,
    *,
    dry_run: bool,
    audience: str | None,
    start: str | None,
    pause: bool,
    resume: bool,
    recall: str | None,
    again: str | None,
    test_to: str | None,
    yes: bool,
) -> None:
    """Send every mail that is due through the mail server of config.toml, or pause, recall or repeat mails."""
    orders = {
        "--pause": pause,
        "--resume": resume,
        "--recall": recall,
        "--again": again,
        "--from": start,
        "--test-to": test_to,
    }
    given = [name for name, value in orders.items() if value]
    _refuse_mixture(given, audience, dry_run=dry_run)
    if pause:
        _pause(options, audience)
    elif resume:
        _resume(options, audience)
    elif recall is not None:
        _recall(options, recall)
    elif again is not None:
        _send_again(options, again, is_sure=yes)
    elif test_to is not None:
        _send_test(options, audience, test_to)
    else:
        with options.open_for(dry_run=dry_run) as publisher:
            finish(publisher.deliver(start=start), options, publisher, is_rehearsal=dry_run)


def _refuse_mixture(given: list[str], audience: str | None, *, dry_run: bool) -> None:
    if len(given) > 1:
        raise click.UsageError(f"choose one of {' and '.join(given)}")
    if audience is not None and given not in (["--pause"], ["--resume"], ["--test-to"]):
        raise click.UsageError("AUDIENCE goes with --pause, --resume or --test-to")
    if dry_run and given not in ([], ["--from"]):
        raise click.UsageError(
            f"{given[0]} cannot be rehearsed; `publisher status` shows which mails wait, and what is paused"
        )


def _pause(options: Options, audience: str | None) -> None:
    with options.open_site() as publisher:
        is_new = mail_orders.pause(audience, publisher.office)
    whose, go_on = (f"mails of {audience}", f" {audience}") if audience else ("all mails", "")
    is_now = "are paused" if is_new else "were paused already"
    print_line(f"{whose} {is_now}; `publisher deliver --resume{go_on}` lets them go on")


def _resume(options: Options, audience: str | None) -> None:
    with options.open_site() as publisher:
        ended = mail_orders.resume(audience, publisher.office)
        left = sorted(publisher.office.store.mail.ledger.pauses.current())
    for each in ended:
        print_line(f"mails of {each} go on" if each else "all mails go on")
    for each in left:
        print_line(f"mails of {each} stay paused" if each else "all mails stay paused")
    if not ended:
        print_line("nothing was paused")


def _recall(options: Options, name: str) -> None:
    with options.open_site() as publisher:
        taken_back = mail_orders.recall(name, publisher.office)
        known = publisher.office.store.mail.ledger.known(name, limit=2)
    print_line(f"{name}: {counted(taken_back, 'mail')} taken back" if taken_back else f"{name}: nothing waits any more")
    if len(known) == 1:
        print_line(f"  {words_of_known(known[0])}")


def _send_again(options: Options, name: str, *, is_sure: bool) -> None:
    with options.open_site() as publisher:
        if is_round_name(name):
            _send_round_again(options, publisher, name, is_sure=is_sure)
            return
        again = mail_orders.find_again(name, publisher.office)
        for line in _words_of(again):
            print_line(line)
        if not (is_sure or _is_wanted("Send it?")):
            return
        mail_orders.send_again(again, publisher.office)
        print_line(f"{name} is queued")
        finish(publisher.deliver(), options, publisher)


def _send_round_again(options: Options, publisher: Publisher, name: str, *, is_sure: bool) -> None:
    counts = mail_orders.find_round_again(name, publisher.office)
    print_line(f"{name}: {mails_words(counts, zone_of(publisher.config.site.timezone))}")
    print_line("Its mails that were taken back or waited too long are sent, but for subscribers who left.")
    if not (is_sure or _is_wanted("Send them?")):
        return
    print_line(f"{name}: {counted(mail_orders.send_round_again(name, publisher.office), 'mail')} queued")
    finish(publisher.deliver(), options, publisher)


def _is_wanted(question: str) -> bool:
    try:
        is_wanted = click.confirm(question)
    except click.Abort as unanswered:  # by Ctrl-C, or without standard input, as in a cron job
        raise UsageError("nothing was sent: the question was not answered; --yes does not ask") from unanswered
    if not is_wanted:
        print_line("nothing was sent")
    return is_wanted


def _send_test(options: Options, audience: str | None, to: str) -> None:
    from publisher.admin.mail_trial import send_test  # late: it takes 0.15 s, and a delivery does not need it

    with options.open_rehearsal() as publisher:
        office = publisher.office
        for each in audiences_named(audience, office.config):
            reply = send_test(each, office, to=to)
            print_line(f"{each.name} to {to}: {reply}" if reply else f"{each.name}: there are no items to send")


def _words_of(again: Again) -> list[str]:
    name = again.edition.name
    lines = [f"{name} {words_of_known(each)}" for each in again.known] or [f"{name} was never sent from here"]
    if again.same is None:
        return [*lines, f"It is made again and goes to {again.recipient}."]
    return [
        *lines,
        f"It goes to {again.recipient} once more, with the same Message-ID: a list that has it may drop it.",
    ]
