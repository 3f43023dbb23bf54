"""What readers are told about the former text of a corrected item."""

from datetime import date

import pytest

from publisher.model.corrections import QUOTE_LENGTH, quote_of
from publisher.model.items import Item


def item(text: str, *, title: str = "") -> Item:
    return Item(date=date(2026, 3, 4), text=text, title=title)


@pytest.mark.parametrize(
    ("was", "now", "quote"),
    [
        (item("Two ferries sail. They are old."), item("Three ferries sail. They are old."), "Two ferries sail"),
        (item("It sails.", title="The ferry"), item("It sails.", title="The ferries"), "The ferry"),
        (item("It sails. At six. It is late."), item("It sails. At seven. It is late."), "At six."),
        (item("It sails."), item("It sails. At seven."), ""),
        (item("It sails."), item("It sails."), ""),
    ],
    ids=["title of the text", "title of its own", "a sentence", "only more text", "only files"],
)
def test_the_former_title_or_a_removed_first_sentence_is_quoted(was: Item, now: Item, quote: str) -> None:
    assert quote == quote_of(was, now)


def test_a_long_quotation_is_cut() -> None:
    assert len(quote_of(item("", title="word " * 100), item("", title="other"))) <= QUOTE_LENGTH
