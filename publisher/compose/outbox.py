"""The outbox: one folder an edition, wholly there or not at all, and never written twice.

A folder holds the digest as digest.html, digest.txt and digest.eml (the whole mail), and edition.json, which says what
is in it and what its files must hash to.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.model.editions import Audience, Digest, DigestItem, Edition, Notice
from publisher.model.errors import FilesError
from publisher.model.site import Site
from publisher.rendering.message import message_id_of
from publisher.store.files import Tree, move_folder, remove, sweep, write_folder

SCHEMA = 1
"""Of edition.json; grows when a reader of the old one would misread the new one."""
EDITION_FILE = "edition.json"
HELD = "held"
"""Where editions wait for their editor. No edition is called that: their names end in a number."""
NOTICES = "notices"
"""Where what the operator and editors are told is."""
TEST = "test"
"""Where mails to try are."""
IDENTITY = ("audience", "number", "after", "upto", "composed_at")
"""What tells an edition from another one of the same name, made by a store that knew nothing of this outbox."""


def write_edition(
    root: Path, edition: Edition, digest: Digest, message: bytes, *, audience: Audience, site: Site
) -> bool:
    """Put the edition into the outbox; False when it is there already, whole, and was left as it is.

    Raises:
        FilesError: a folder of that name is there and damaged, or is another edition's, or the disk refuses.
    """
    folder = root / edition.name
    files = _files_of(digest, message)
    described = _described(edition, digest, files, audience=audience, site=site)
    if os.path.lexists(folder):
        _refuse_other(folder, described)
        sweep(root)  # whoever was killed right after putting it there had no time to
        return False
    whole = {**files, EDITION_FILE: _text_of(described)}
    if not (root / HELD / edition.name).is_dir():
        return write_folder(root, edition.name, whole)
    write_folder(root / HELD, edition.name, whole)  # what was withdrawn since the editor saw it is not in it
    move_folder(root / HELD / edition.name, folder)
    return True


def hold_edition(
    root: Path, edition: Edition, digest: Digest, message: bytes, *, audience: Audience, site: Site, told: str
) -> None:
    """Put the edition where its editor can look at it and a program that sends the outbox cannot, with what is told.

    Raises:
        FilesError: the disk refuses.
    """
    files = _files_of(digest, message)
    described = _described(edition, digest, files, audience=audience, site=site)
    write_folder(root / HELD, edition.name, {**files, EDITION_FILE: _text_of(described)})
    tree = Tree(root / HELD)
    tree.write(f"{edition.name}.txt", told.encode())
    tree.commit()


def write_notice(root: Path, notice: Notice, message: bytes) -> None:
    """Put a notice into the outbox, as text and as a whole mail; harmless when it is there already.

    Raises:
        FilesError: the disk refuses.
    """
    write_folder(root / NOTICES, notice.name, {"notice.eml": message, "notice.txt": notice.text.encode()})


def held_folder(root: Path, edition: Edition) -> Path:
    """Where the editor looks at a held edition."""
    return root / HELD / edition.name


def write_test(root: Path, edition: Edition, digest: Digest, message: bytes) -> Path:
    """Put a mail to try where a program that sends the outbox does not look; the folder, which replaces any before.

    Raises:
        FilesError: the disk refuses.
    """
    write_folder(root / TEST, edition.name, _files_of(digest, message))
    return root / TEST / edition.name


def forget_held(root: Path, edition: Edition) -> None:
    """Take away what the editor looked at; harmless when it is gone.

    Raises:
        FilesError: the disk refuses.
    """
    remove(root / HELD / edition.name)
    remove(root / HELD / f"{edition.name}.txt")


def _files_of(digest: Digest, message: bytes) -> dict[str, bytes]:
    return {"digest.html": digest.html.encode(), "digest.txt": digest.text.encode(), "digest.eml": message}


def _text_of(described: Mapping[str, Any]) -> bytes:
    return (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode()


def is_whole(folder: Path) -> bool:
    """Whether every file of an edition is there and still is what was written.

    Raises:
        FilesError: a file is there and cannot be read.
    """
    described = _description_in(folder)
    if described is None:
        return False
    return all(_sha256_of_file(folder / name) == sha256 for name, sha256 in described["sha256"].items())


def _described(
    edition: Edition, digest: Digest, files: Mapping[str, bytes], *, audience: Audience, site: Site
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "audience": edition.audience,
        "number": edition.number,
        "after": edition.after,
        "upto": edition.upto,
        "composed_at": edition.composed_at.isoformat(),
        "released_at": edition.released_at and edition.released_at.isoformat(),
        "to": audience.to.address,
        "message_id": message_id_of(edition, site),
        "subject": digest.subject,
        "items": [_item(item) for item in digest.shown],
        "corrected": [_item(item) for item in digest.corrected],
        "left_out": [_item(item) for item in digest.left_out],
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }


def _item(item: DigestItem) -> dict[str, Any]:
    return {"uid": item.uid, "title": item.title, "url": item.url, "themes": list(item.themes)}


def _refuse_other(folder: Path, described: Mapping[str, Any]) -> None:
    if not is_whole(folder):
        raise FilesError(f"{folder} is damaged: move it away, then run again to have it written anew")
    there = _description_in(folder) or {}
    if any(there.get(key) != described[key] for key in IDENTITY):
        raise FilesError(
            f"{folder} holds another edition, composed {there.get('composed_at')}, that this store does not know: "
            "move it away, then run again"
        )


def _description_in(folder: Path) -> dict[str, Any] | None:
    """What edition.json says; None when it is missing or is not one."""
    data = _bytes_of(folder / EDITION_FILE)
    try:
        described = json.loads(data or b"")
    except ValueError:
        return None
    is_one = isinstance(described, dict) and isinstance(described.get("sha256"), dict) and described["sha256"]
    return described if is_one else None


def _sha256_of_file(path: Path) -> str:
    data = _bytes_of(path)
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise FilesError(
            f"{path} cannot be read ({error.strerror}): give the user who runs publisher the right"
        ) from error
