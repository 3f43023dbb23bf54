"""Refusals: a mail to a subscriber that the mail server refused counts in his bounce score, as a bounce does.

The ledger stores each refusal until it is counted, so that a crash neither loses a refusal nor counts it twice.
"""

from publisher.deliver.answers import Reply
from publisher.store import Store
from publisher.store.people import UncountedRefusal
from publisher.subscribers.reach import Reach


def count_refusals(store: Store, reach: Reach) -> None:
    """Count the mails that the server refused and that do not count yet in the bounce scores of their recipients."""
    for each in store.people.bounce_scores.refusals():
        reach.take_refusal(each, status_of(each))


def status_of(refusal: UncountedRefusal) -> str:
    """Return the enhanced status code in the server's reply, such as 5.1.1, or else the reply code."""
    code = refusal.code or 0
    return Reply(code=code, text=refusal.reply.partition(" ")[2]).status or str(code)
