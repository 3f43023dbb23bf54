"""Refusals: mails to readers that the mail server refused count for the readers, as if they had come back.

The ledger notes each refusal until it is counted, so a crash counts none twice and loses none.
"""

from publisher.deliver.answers import Reply
from publisher.store import Store, UncountedRefusal
from publisher.subscribers.reach import Reach


def count_refusals(store: Store, reach: Reach) -> None:
    """Count the refusals that are not yet in their readers' scores."""
    for each in store.bounce_scores.refusals():
        reach.take_refusal(each, status_of(each))


def status_of(refusal: UncountedRefusal) -> str:
    """Return the enhanced status code that the server gave, such as 5.1.1; without one, its reply code."""
    code = refusal.code or 0
    return Reply(code=code, text=refusal.reply.partition(" ")[2]).status or str(code)
