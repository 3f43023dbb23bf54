"""The outbox: one folder an edition, wholly there or not at all, and never written twice.

A folder holds the digest as digest.html, digest.txt and digest.eml (the whole mail), and edition.json, which says what
is in it and what its files must hash to.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from publisher.model.editions import Audience, Digest, DigestItem, Edition, Notice
from publisher.model.errors import FilesError
from publisher.model.site import Site
from publisher.rendering.addresses import message_id_of
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


class Outbox(Protocol):
    """Where editions and notices are put for whatever sends mail.

    Raises: each method raises `FilesError` when the disk refuses.
    """

    def put(self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site) -> bool:
        """Put the edition where a program that sends mail finds it; False when it is there already and was left so.

        Raises:
            FilesError: a folder of that name is there and damaged, or is another edition's.
        """
        ...

    def hold(self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site, told: str) -> None:
        """Put the edition where only its editor looks, with what the editor is told of it."""
        ...

    def held_folder(self, edition: Edition) -> Path:
        """Where the editor looks at a held edition."""
        ...

    def forget(self, edition: Edition) -> None:
        """Take away what the editor looked at; harmless when it is gone."""
        ...

    def put_notice(self, notice: Notice, mail: bytes) -> None:
        """Put a notice beside the editions, as text and as a whole mail; harmless when it is there already."""
        ...


class OutboxFolder:
    """An outbox on the disk: one folder an edition."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site) -> bool:
        """Put the edition into the outbox, and what its editor looked at away."""
        is_new = self._put(edition, self._files_of(edition, digest, mail, audience=audience, site=site))
        self.forget(edition)
        return is_new

    def _put(self, edition: Edition, files: Mapping[str, bytes]) -> bool:
        folder, held = self._root / edition.name, self.held_folder(edition)
        if os.path.lexists(folder):
            _refuse_other(folder, files)
            sweep(self._root)  # a process that was killed right after putting it there had no time to
            return False
        if not held.is_dir():
            return write_folder(self._root, edition.name, files)
        write_folder(held.parent, edition.name, files)  # what was withdrawn since the editor saw it is not in it
        move_folder(held, folder)
        return True

    def hold(self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site, told: str) -> None:
        """Put the edition where its editor can look at it and a program that sends the outbox cannot."""
        held = self.held_folder(edition)
        write_folder(held.parent, edition.name, self._files_of(edition, digest, mail, audience=audience, site=site))
        tree = Tree(held.parent)
        tree.write(f"{edition.name}.txt", told.encode())
        tree.commit()

    def held_folder(self, edition: Edition) -> Path:
        """A folder below `held/`."""
        return self._root / HELD / edition.name

    def forget(self, edition: Edition) -> None:
        """Remove the folder below `held/` and the text beside it."""
        remove(self.held_folder(edition))
        remove(self._root / HELD / f"{edition.name}.txt")

    def put_notice(self, notice: Notice, mail: bytes) -> None:
        """Put the notice into a folder below `notices/`."""
        write_folder(self._root / NOTICES, notice.name, {"notice.eml": mail, "notice.txt": notice.text.encode()})

    def _files_of(
        self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site
    ) -> dict[str, bytes]:
        files = digest_files(digest, mail)
        described = _described(edition, digest, files, audience=audience, site=site)
        text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
        return {**files, EDITION_FILE: text.encode()}


class RehearsedOutbox:
    """An outbox that keeps nothing: whatever is put there is gone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site) -> bool:  # noqa: ARG002
        """Whether the edition would be new there."""
        return not os.path.lexists(self._root / edition.name)

    def hold(self, edition: Edition, digest: Digest, mail: bytes, *, audience: Audience, site: Site, told: str) -> None:
        """Nothing: its editor is not asked in a rehearsal."""

    def held_folder(self, edition: Edition) -> Path:
        """The folder that its editor would be told of."""
        return self._root / HELD / edition.name

    def forget(self, edition: Edition) -> None:
        """Nothing: what its editor looks at stays."""

    def put_notice(self, notice: Notice, mail: bytes) -> None:
        """Nothing: nobody is told in a rehearsal."""


def write_test(root: Path, edition: Edition, digest: Digest, mail: bytes) -> Path:
    """Put a mail to try where a program that sends the outbox does not look; the folder, which replaces any before.

    Raises:
        FilesError: the disk refuses.
    """
    write_folder(root / TEST, edition.name, digest_files(digest, mail))
    return root / TEST / edition.name


def digest_files(digest: Digest, mail: bytes) -> dict[str, bytes]:
    """What a folder shows of a digest: file names and contents."""
    return {"digest.html": digest.html.encode(), "digest.txt": digest.text.encode(), "digest.eml": mail}


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


def _refuse_other(folder: Path, files: Mapping[str, bytes]) -> None:
    if not is_whole(folder):
        raise FilesError(f"{folder} is damaged: move it away, then run again to have it written anew")
    there, described = _description_in(folder) or {}, json.loads(files[EDITION_FILE])
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
