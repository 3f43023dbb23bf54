"""`publisher bounces`: read mails that came back."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from publisher.cli.options import Options, site_command
from publisher.cli.output import print_json, print_lines
from publisher.model.bounces import BounceReport, BounceRow
from publisher.model.problems import counted
from publisher.model.settings import BounceSettings


@click.command()
@site_command
@click.option("--maildir", metavar="FOLDER", type=Path, help="Read this Maildir.")
@click.option("--mbox", metavar="FILE", type=Path, help="Read this mbox file.")
def bounces(options: Options, maildir: Path | None, mbox: Path | None) -> None:
    """Record mails that came back: one mail on standard input, or all in a mailbox, by default the mailbox in
    config.toml.
    """
    if maildir is not None and mbox is not None:
        raise click.UsageError("choose one of --maildir and --mbox")
    with options.open_site() as publisher:
        if maildir is not None or mbox is not None:
            report = publisher.bounces.read_mailboxes(BounceSettings(maildir=maildir, mbox=mbox))
        else:
            # standard input is empty if a timer runs the command
            mail = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
            report = publisher.bounces.read(mail) if mail.strip() else publisher.bounces.read_mailboxes()
    if options.is_json:
        print_json(asdict(report))
    else:
        print_lines(_lines_of(report))


def _lines_of(report: BounceReport) -> list[str]:
    lines = [_line_of(row) for row in report.recorded]
    if report.suspended:
        lines.append(f"{counted(report.suspended, 'subscriber')} suspended, because too many mails came back")
    if report.ended:
        lines.append(f"the subscriptions of {counted(report.ended, 'subscriber')} ended")
    if report.repeated:
        lines.append(f"{counted(report.repeated, 'mail')} known already")
    if report.automatic:
        lines.append(f"{counted(report.automatic, 'automatic answer')} left alone")
    if report.unknown:
        lines.append(f"{counted(report.unknown, 'mail')} left alone: not about a mail from this site")
    return lines or ["no mail came back"]


def _line_of(row: BounceRow) -> str:
    about = f"{row.name} to {row.recipient}" if row.name else "a subscriber's mail"
    return f"{about}: {row.kind}" + (f": {row.words}" if row.words else "")
