"""How visitors find what was published before: by year and month, and from an item to its neighbours.

A pass with news writes the same as a full pass would write.
"""

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.publish import calendar_pages
from tests.world import CONFIG, NOW, World, news, plain, prepared

TABLE = CONFIG.replace('path = "news.txt"', 'kind = "table"\npath = "news.txt"').replace("news.txt", "news.csv")
HEAD = "id,date,title,text,themes\n"


def site(folder: Path, *rows: str) -> World:
    """Return a site whose table has these rows, after a run."""
    return prepared(folder / "site", listed, *rows)


def listed(folder: Path, *rows: str) -> World:
    world = World(folder, config=TABLE)
    show(world, *rows)
    return world


def show(world: World, *rows: str, at: datetime = NOW) -> None:
    """Replace the rows of the site's table, and run."""
    (world.folder / "news.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
    assert world.publisher("run", at=at).exit_code == 0


def links(world: World, page: str, part: str) -> list[str]:
    """Return the links in a part of a page, or none if there is no page."""
    text = world.contents().get(page, b"").decode()
    found = re.search(rf"<(\w+) [^>]*{part}.*?</\1>", text, re.DOTALL)
    return re.findall(r'href="([^"#]+)"', found[0]) if found else []


def is_as_made_anew(world: World) -> bool:
    before = world.contents()
    shutil.rmtree(world.feeds)
    world.publisher("publish", "--all", at=NOW)
    return before == world.contents()


A, B, C = "a,2021-06-01,Alpha,Words.,Quays", "b,2022-01-31,Beta,Words.,Quays", "c,2022-02-01,Gamma,Words.,Quays"


def test_a_year_leads_to_its_months_items_and_the_years_beside_it(tmp_path: Path) -> None:
    world = site(tmp_path, A, B, C)

    assert ["2022/index.html", "2021/index.html"] == links(world, "items/index.html", 'aria-labelledby="years"')
    assert ["02/index.html", "01/index.html"] == links(world, "items/2022/index.html", 'aria-labelledby="months"')
    assert ["gamma.html"] == links(world, "items/2022/index.html", 'aria-labelledby="month-2"')
    assert ["../beta.html"] == links(world, "items/2022/01/index.html", 'aria-labelledby="items"')
    assert ["../2021/index.html"] == links(world, "items/2022/index.html", 'class="neighbours"')
    assert ["../2022/index.html"] == links(world, "items/2021/index.html", 'class="neighbours"')


def test_the_front_page_says_how_often_news_came_in_the_year_before_its_last_change(tmp_path: Path) -> None:
    recent = [f"r{number},{NOW.year - 1}-12-{number:02},Recent {number},Words.,Quays" for number in range(1, 6)]
    old = [f"o{number},{NOW.year - 3}-12-{number:02},Old {number},Words.,Quays" for number in range(1, 31)]
    world = site(tmp_path, *old)
    silent = world.contents()["index.html"].decode()

    show(world, *old, *recent)

    assert "Expect about" not in silent
    assert "Expect about 5 items a year." in world.contents()["index.html"].decode()
    assert is_as_made_anew(world)


def test_an_item_leads_to_the_digest_it_was_sent_in_once_there_is_one(tmp_path: Path) -> None:
    world = site(tmp_path, A)
    sent = world.contents()["items/2021/alpha.html"].decode()

    show(world, A, B)
    world.publisher("publish", at=NOW)
    pages = world.contents()

    assert 'href="../../archive/weekly/1.html">Digest No.&nbsp;1, 4 March 2026</a>' in sent
    assert "archive/weekly/2.html" in pages["items/2022/beta.html"].decode()
    assert "archive/weekly/2.html" not in pages["items/2021/alpha.html"].decode()
    assert is_as_made_anew(world)


def test_a_new_year_changes_the_one_before_it_and_no_other(tmp_path: Path) -> None:
    world = site(tmp_path, A, B)
    before = world.contents()

    show(world, A, B, "d,2024-05-05,Delta,Words.,Quays")

    changed = {name for name, data in world.contents().items() if before.get(name) != data}
    years = {name for name in changed if re.fullmatch(r"items/(\d+/)*index\.html", name)}
    assert {"items/index.html", *(f"items/{place}/index.html" for place in ("2022", "2024", "2024/05"))} == years
    assert is_as_made_anew(world)


def test_a_year_whose_items_are_withdrawn_has_no_page(tmp_path: Path) -> None:
    world = site(tmp_path, A, B, C)

    show(world, A, C)
    assert "items/2022/01/index.html" not in world.contents()
    show(world, A)

    assert [] == [name for name in world.contents() if name.startswith("items/2022/") and name.endswith("index.html")]
    assert [] == links(world, "items/2021/index.html", 'class="neighbours"')
    assert ["2021/index.html"] == links(world, "items/index.html", 'aria-labelledby="years"')


def test_an_item_of_another_date_moves_to_its_month(tmp_path: Path) -> None:
    world = site(tmp_path, A, B, C)

    show(world, A.replace("2021-06", "2021-07"), B, C)

    assert {"items/2021/index.html", "items/2021/07/index.html"} == {
        name for name in world.contents() if name.startswith("items/2021/") and name.endswith("index.html")
    }
    assert is_as_made_anew(world)


def test_an_item_leads_to_those_before_and_after_it_in_its_theme(tmp_path: Path) -> None:
    other = "x,2022-01-01,Other,Words.,Ice"
    world = site(tmp_path, A, B)
    assert ["../2022/beta.html"] == links(world, "items/2021/alpha.html", 'class="neighbours"')
    before = world.contents()

    show(world, A, B, other, C)

    assert ["../2021/alpha.html", "gamma.html"] == links(world, "items/2022/beta.html", 'class="neighbours"')
    assert ["beta.html"] == links(world, "items/2022/gamma.html", 'class="neighbours"')
    assert [] == links(world, "items/2022/other.html", 'class="neighbours"')
    assert before["items/2021/alpha.html"] == world.contents()["items/2021/alpha.html"]

    show(world, A, C, other)

    assert ["../2022/gamma.html"] == links(world, "items/2021/alpha.html", 'class="neighbours"')
    assert is_as_made_anew(world)


def test_the_page_of_a_withdrawn_item_shows_the_latest_of_its_theme(tmp_path: Path) -> None:
    world = site(tmp_path, A, B, C)

    show(world, A, C)
    assert ["gamma.html", "../2021/alpha.html"] == instead(world, "items/2022/beta.html")

    new = [f"d{n},2022-02-0{n},Delta {n},Words.,Quays" for n in (2, 3)]
    show(world, A, C, *new)
    assert ["delta-3.html", "delta-2.html", "gamma.html"] == instead(world, "items/2022/beta.html")

    show(world, A, C, new[0], new[1].replace("Delta 3", "Epsilon"))
    assert "Epsilon" in world.contents()["items/2022/beta.html"].decode()
    assert is_as_made_anew(world)


def test_only_the_pages_of_what_was_withdrawn_last_change_with_every_new_item(tmp_path: Path) -> None:
    others = [f"n{n},2022-03-{n:02},Number {n},Words.,Quays" for n in range(1, 11)]
    old = [f"o{n},2020-03-{n:02},Old {n},Words.,Quays" for n in range(1, 21)]
    world = site(tmp_path, A, B, C, *others, *old)

    show(world, A, C, *others, *old)
    assert instead(world, "items/2022/beta.html")
    show(world, A, C, *old, at=NOW + timedelta(hours=1))
    before = world.contents()["items/2022/beta.html"]
    show(world, A, C, "d,2022-04-02,Delta,Words.,Quays", *old, at=NOW + timedelta(hours=2))

    assert [] == instead(world, "items/2022/beta.html")
    assert before == world.contents()["items/2022/beta.html"]
    assert ["delta.html", "gamma.html", "../2021/alpha.html"] == instead(world, "items/2022/number-1.html")
    assert is_as_made_anew(world)


def instead(world: World, page: str) -> list[str]:
    """Return the items to which the page of a withdrawn item links."""
    return [link for link in links(world, page, 'class="instead"') if "quays" not in link]


def test_a_year_of_many_items_leads_to_its_months_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_pages, "YEAR_ITEMS", 4)
    world = listed(tmp_path / "site", *(f"n{n},2022-{n % 3 + 1:02}-01,Number {n},Words.,Quays" for n in range(4)))
    assert b"Number" in world.contents()["items/2022/index.html"]

    show(world, *(f"n{n},2022-{n % 3 + 1:02}-01,Number {n},Words.,Quays" for n in range(5)))

    assert b"Number" not in world.contents()["items/2022/index.html"]
    assert 3 == len(links(world, "items/2022/index.html", 'aria-labelledby="months"'))
    assert 2 == len(links(world, "items/2022/01/index.html", 'aria-labelledby="items"'))


def test_an_item_called_index_has_a_page_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path / "site", news("2 March 2026", "Index."))
    world.publisher("run", at=NOW)

    assert "items/2026/index-item.html" in world.contents()
    assert b"index-item.html" in world.contents()["items/2026/index.html"]


def test_past_digests_have_a_feed_that_leads_to_them(tmp_path: Path) -> None:
    world = site(tmp_path, A, B)
    show(world, A, B, C)

    feed = world.feed("archive/weekly")

    assert ["2.html", "1.html"] == [entry.link.rpartition("/")[2] for entry in feed.entries]
    assert 2 == len({entry.id for entry in feed.entries})
    assert ["Gamma 1 item", "Beta Alpha 2 items"] == [
        plain(entry.content[0].value.replace("</li>", " </li>").replace("</ul>", "</ul> ")) for entry in feed.entries
    ]
    page = world.contents()["archive/weekly/index.html"].decode()
    assert 'type="application/atom+xml"' in page
    assert "https://news.example.org/archive/weekly/rss.xml" in page


def test_a_discarded_digest_is_passed_over_by_its_neighbours(tmp_path: Path) -> None:
    world = World(tmp_path / "site", config=TABLE + 'review = "4h"\n')
    show(world, A)
    world.publisher_edition("release", "weekly-1", at=NOW)
    show(world, A, B)
    world.publisher_edition("discard", "weekly-2", at=NOW)
    show(world, A, B, C)
    world.publisher_edition("release", "weekly-3", at=NOW)

    beside = [links(world, f"archive/weekly/{number}.html", 'class="neighbours"') for number in (1, 3)]

    assert [["3.html"], ["1.html"]] == beside
