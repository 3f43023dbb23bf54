"""The numbered pages of a feed: every page can be reached, and new items change as few as possible."""

import pytest

from publisher.publish.page_links import page_links


def shown(number: int | None, last: int) -> list[str]:
    """Return the links of one page. The page itself is in brackets, and gaps are dots."""
    row = []
    for link in page_links("all", number, last)["links"]:
        row += ["…"] * link.is_after_gap
        name = str(link.number or "new")
        row.append(name if link.url else f"[{name}]")
    return row


@pytest.mark.parametrize(
    ("number", "last", "row"),
    [
        (None, 0, []),
        (None, 1, ["[new]", "1"]),
        (None, 4, ["[new]", "4", "3", "2", "1"]),
        (4, 4, ["new", "[4]", "3", "2", "1"]),
        (2, 4, ["new", "4", "3", "[2]", "1"]),
        (None, 5, ["[new]", "5", "4", "…", "1"]),
        (5, 30, ["new", "7", "6", "[5]", "4", "3", "2", "1"]),
        (9, 30, ["new", "11", "10", "[9]", "8", "7", "…", "1"]),
        (1, 30, ["new", "3", "2", "[1]"]),
    ],
)
def test_a_page_leads_to_the_newest_its_neighbours_and_the_oldest(
    number: int | None, last: int, row: list[str]
) -> None:
    assert row == shown(number, last)


@pytest.mark.parametrize("last", range(1, 12))
def test_one_more_page_changes_the_three_before_it_at_most(last: int) -> None:
    before, after = (
        {number: page_links("all", number, count) for number in range(1, last + 1)} for count in (last, last + 1)
    )

    assert {number for number in before if before[number] != after[number]} <= {last, last - 1}


def test_newer_and_older_are_the_pages_beside_it() -> None:
    middle, newest = page_links("all", 3, 3), page_links("all", None, 3)

    assert ("../index.html", "2.html") == (middle["newer"], middle["older"])
    assert ("", "pages/3.html") == (newest["newer"], newest["older"])
