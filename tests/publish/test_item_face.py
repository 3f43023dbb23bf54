"""The values of an item for pages are computed once per pass, from the version of the item that the page shows."""

from dataclasses import replace

from publisher.publish.item_face import MOST, ItemFaces, Memo
from tests.values import SITE, record


def test_a_face_is_made_once_for_one_item_however_often_it_is_read() -> None:
    faces = ItemFaces()

    assert faces.of(record(), SITE) is faces.of(record(), SITE)
    assert faces.of(record(), SITE).title == "The first ferry sailed"


def test_an_item_that_says_something_else_has_another_face() -> None:
    faces, one = ItemFaces(), record()
    other = replace(one, item=replace(one.item, title="As the editor had it"))

    found = [faces.of(each, SITE).title for each in (one, other, one)]

    assert found == ["The first ferry sailed", "As the editor had it", "The first ferry sailed"]


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    memo, made = Memo[int, str](), list[int]()

    def note(key: int) -> str:
        made.append(key)
        return str(key)

    def get(key: int) -> str:
        return memo.get(key, lambda: note(key))

    assert [get(1), get(1), get(2)] == ["1", "1", "2"]
    assert made == [1, 2]
    for key in range(MOST + 1):
        get(key)
    made.clear()
    assert get(MOST) == str(MOST)
    assert made == []
