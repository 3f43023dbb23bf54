"""`publisher compose`: composes editions, or writes the next ones as test mails."""

import click

from publisher.admin.office import audiences_named
from publisher.cli.formats import sample_words
from publisher.cli.options import Options, dry_run_option, finish, site_command
from publisher.cli.output import print_json, print_lines, warn


@click.command()
@site_command
@dry_run_option
@click.argument("audience", required=False)
@click.option("--test-to", metavar="ADDRESS", help="Write the mail as a test for this address, and record nothing.")
def compose(options: Options, dry_run: bool, audience: str | None, test_to: str | None) -> None:  # noqa: FBT001
    """Compose an edition of the new items now, for AUDIENCE or for every audience."""
    if test_to is not None:
        if dry_run:
            raise click.UsageError("--test-to writes a mail, and --dry-run nothing; choose one of them")
        _write_test_mails(options, audience, test_to)
        return
    with options.open_for(dry_run=dry_run) as publisher:
        finish(publisher.compose(audience), options, publisher, is_rehearsal=dry_run)


def _write_test_mails(options: Options, audience: str | None, to: str) -> None:
    """Write the next editions as mails to `to`, and print the paths of their files."""
    from publisher.admin.next_edition import try_out  # late: it takes 0.1 s, and composing nothing does not need it

    with options.open_rehearsal() as publisher:
        found = try_out(audiences_named(audience, publisher.config), publisher.office, to=to)
    for tried in found:
        if tried.is_sample:
            warn(sample_words(tried.audience.name))
    mails = [str(tried.folder / "digest.eml") for tried in found]
    if options.is_json:
        print_json(mails)
    else:
        print_lines(mails or ["nothing new"])
