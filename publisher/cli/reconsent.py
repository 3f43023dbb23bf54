"""`publisher subscribers reconsent`: asks subscribers who consented long ago whether they still want mails."""

import re
from datetime import timedelta

import click

from publisher.cli.options import Options, dry_run_option, site_command
from publisher.cli.output import print_json, print_line
from publisher.model.problems import counted
from publisher.model.subscribers import RENEW_WITHIN
from publisher.subscribers.renew import Renewal

_DAYS = {"d": 1, "w": 7, "y": 365}
LONGEST_DAYS = 100 * 365


class _Age(click.ParamType[timedelta]):
    """A duration such as 2y, 26w or 400d; a year is 365 days."""

    name = "age"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        found = re.fullmatch(r"([1-9]\d{0,4})([dwy])", str(value))
        if found is None:
            self.fail(f"{value!r} is no span such as 2y, 26w or 400d", param, ctx)
        days = int(found[1]) * _DAYS[found[2]]
        if days > LONGEST_DAYS:
            self.fail(f"{value!r} is longer than 100 years", param, ctx)
        return timedelta(days=days)


@click.command()
@site_command
@click.option("--older-than", metavar="AGE", type=_Age(), required=True, help="How long ago they agreed, such as 2y.")
@click.option(
    "--limit",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    help="Ask at most this many, those with the oldest consent first.",
)
@click.option("--yes", "is_agreed", is_flag=True, help="Ask; without it nothing is sent.")
@dry_run_option
def reconsent(
    options: Options,
    older_than: timedelta,
    limit: int | None,
    is_agreed: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
) -> None:
    """Count the subscribers who agreed long ago. With --yes, send each a letter that asks whether he still wants mails,
    and end the subscriptions of subscribers who do not answer.
    """
    is_rehearsal = dry_run or not is_agreed
    with options.open_for(dry_run=is_rehearsal) as publisher:
        renewer = publisher.renewer
        renewal = renewer.ask(agreed_before=publisher.people.now - older_than, limit=limit)
    if options.is_json:
        print_json(
            {
                "subscribers": renewal.subscribers,
                "old": sum(renewal.old_by_year.values()),
                "old_by_year": {str(year): number for year, number in renewal.old_by_year.items()},
                "waiting": renewal.waiting,
                "asked": renewal.asked,
                "is_rehearsal": is_rehearsal,
            }
        )
    else:
        _print(renewal, is_rehearsal=is_rehearsal)


def _print(renewal: Renewal, *, is_rehearsal: bool) -> None:
    old = sum(renewal.old_by_year.values())
    print_line(f"{old} of {counted(renewal.subscribers, 'subscriber')} agreed too long ago")
    for year, number in renewal.old_by_year.items():
        print_line(f"  in {year}: {number}")
    if renewal.waiting:
        print_line(f"asked already, and may still answer: {renewal.waiting}")
    letters = counted(renewal.asked, "letter")
    print_line(f"{letters} would be queued" if is_rehearsal else f"{letters} queued; other mails go first")
    print_line(f"who does not answer within {RENEW_WITHIN.days} days after the letter was sent is ended")
    if is_rehearsal:
        print_line("nothing is sent yet; to ask them, add --yes")
