import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.compose.outbox import OutboxFolder, edition_files, is_whole
from publisher.model.digests import Digest, DigestItem
from publisher.model.editions import Edition
from publisher.model.errors import FilesError
from publisher.store.disk_errors import STAGING
from tests.editions import AUDIENCE, SITE, edition_of, record_of

EDITION = edition_of(record_of("One."), record_of("Two.", number=2))
ONE = DigestItem(uid="tag:1", title="One", url="https://news.example.org/items/1.html", themes=("general",))
TWO = DigestItem(uid="tag:2", title="Deux", url="https://news.example.org/items/2.html", themes=("asylum", "general"))
DIGEST = Digest(subject="Two – deux", preheader="", html="<p>é</p>", text="é\n", shown=(TWO,), left_out=(ONE,))
MESSAGE = b"Subject: Two\r\n\r\n"
FILES = ("digest.eml", "digest.html", "digest.txt", "edition.json")


def write(root: Path, edition: Edition = EDITION, digest: Digest = DIGEST) -> None:
    OutboxFolder(root).put(edition.name, edition_files(edition, digest, MESSAGE, audience=AUDIENCE, site=SITE))


def test_an_edition_is_a_folder_with_the_digest_and_what_is_in_it(tmp_path: Path) -> None:
    write(tmp_path)

    folder = tmp_path / "weekly-3"
    assert [folder] == list(tmp_path.iterdir())
    assert list(FILES) == sorted(path.name for path in folder.iterdir())
    assert "é\n" == (folder / "digest.txt").read_text("utf-8")
    assert MESSAGE == (folder / "digest.eml").read_bytes()
    described = json.loads((folder / "edition.json").read_text("utf-8"))
    hashes = described.pop("sha256")
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES[:3]} == hashes
    assert {
        "schema": 1,
        "audience": "weekly",
        "number": 3,
        "after": 10,
        "upto": 12,
        "composed_at": "2026-03-02T07:00:00+00:00",
        "released_at": None,
        "to": "readers@lists.example.org",
        "message_id": "<weekly-3.20260302T070000Z.edition@news.example.org>",
        "subject": "Two – deux",
        "items": [{"uid": "tag:2", "title": "Deux", "url": TWO.url, "themes": ["asylum", "general"]}],
        "corrected": [],
        "left_out": [{"uid": "tag:1", "title": "One", "url": ONE.url, "themes": ["general"]}],
    } == described


def test_an_edition_that_is_there_stays_as_it_is_whatever_would_be_written_now(tmp_path: Path) -> None:
    write(tmp_path)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (tmp_path / "weekly-3").iterdir()}

    write(tmp_path, digest=replace(DIGEST, html="<p>after a change of template</p>"))

    assert before == {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (tmp_path / "weekly-3").iterdir()}


def test_leftovers_of_a_process_killed_right_after_writing_are_removed(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / STAGING).mkdir()

    write(tmp_path)

    assert [tmp_path / "weekly-3"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_edition_is_named_and_not_touched(tmp_path: Path, name: str, damage: str) -> None:
    write(tmp_path)
    folder = tmp_path / "weekly-3"
    assert is_whole(folder)
    if damage == "gone":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes((folder / name).read_bytes()[:2])

    assert not is_whole(folder)
    with pytest.raises(FilesError, match=r"weekly-3 is damaged: move it away, then run again"):
        write(tmp_path)


def test_another_stores_edition_of_the_same_name_is_not_taken_for_ours(tmp_path: Path) -> None:
    write(tmp_path)

    with pytest.raises(FilesError, match=r"another edition, composed 2026-03-02T07:00:00\+00:00"):
        write(tmp_path, edition=replace(EDITION, upto=99))


def test_a_folder_that_is_no_edition_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "edition.json").write_text('{"sha256": {}}')

    assert [False] * 4 == [is_whole(tmp_path / name) for name in ("empty", "file", "other", "missing")]
