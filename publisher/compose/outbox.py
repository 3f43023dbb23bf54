"""The outbox: one folder per edition, written completely or not at all, and never overwritten by a new edition.

A folder holds the digest as digest.html, digest.txt and digest.eml (the whole mail), and edition.json, which lists its
items and the hashes of its files.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from publisher.model.editions import Audience, Edition, Notice
from publisher.model.errors import FilesError
from publisher.model.site import Site
from publisher.rendering.addresses import message_id_of
from publisher.store.files import Tree, move_folder, remove, sweep, write_folder

if TYPE_CHECKING:
    from publisher.model.deliveries import NewDelivery
    from publisher.model.digests import Digest, DigestItem

SCHEMA = 1
"""The version of the format of edition.json. It grows when an older program would misread the new format."""
EDITION_FILE = "edition.json"
MAIL = "digest.eml"
HELD = "held"
"""The folder of editions that wait for an editor. No edition has this name, because names of editions end
in a number.
"""
NOTICES = "notices"
"""The folder of notices (mails that tell the operator or an editor something)."""
TEST = "test"
"""The folder of test mails."""
IDENTITY = ("audience", "number", "after", "upto", "composed_at")
"""Fields of edition.json that differ between two editions with the same name that come from different stores, for
example after a store was rebuilt.
"""


class Outbox(Protocol):
    """Where folders of editions and notices (mails to the operator and editors) are written for the program that sends
    mail.

    Every method that writes raises `FilesError` if the disk refuses.
    """

    def put(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write the folder of an edition, where a program that sends mail finds it; do nothing if the folder is there
        already.

        Raises:
            FilesError: the folder of that name is damaged, or belongs to another edition.
        """
        ...

    def renew(self, name: str, files: Mapping[str, bytes]) -> None:
        """Replace the folder of an edition that is in the outbox."""
        ...

    def hold(self, name: str, files: Mapping[str, bytes], *, told: str) -> None:
        """Write the folder of an edition that waits for its editor, where only he finds it. Beside it, write the text
        of the notice to him, `told`.
        """
        ...

    def held_folder(self, name: str) -> Path:
        """Return the path of the folder that shows an edition to the editor for whom it waits."""
        ...

    def forget(self, name: str) -> None:
        """Remove the files that `hold` wrote for an edition, if they exist."""
        ...

    def put_notice(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write the folder of a notice (a mail to the operator or an editor); do nothing if the folder is there
        already.
        """
        ...

    def mail(self, delivery: "NewDelivery") -> bytes:
        """Return the whole mail of a delivery.

        Raises:
            FilesError: the mail is missing, was changed, or belongs to another edition.
        """
        ...

    def uids(self, name: str) -> set[str]:
        """Return the uids of all items of an edition in the outbox; the set is empty if the edition is not there."""
        ...

    def recipient(self, name: str) -> str:
        """Return the address of the mailing list to which an edition was addressed, or an empty string if the edition
        is not in the outbox.
        """
        ...


class OutboxFolder:
    """An outbox on the disk: one folder per edition."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write the files of an edition into a folder of that name, and remove its folder below `held/`."""
        folder, held = self._root / name, self.held_folder(name)
        if os.path.lexists(folder):
            _refuse_other(folder, files)
            sweep(self._root)  # left by a process that was killed right after writing the folder
        elif held.is_dir():
            write_folder(held.parent, name, files)  # without items withdrawn since the editor saw it
            move_folder(held, folder)
        else:
            write_folder(self._root, name, files)
        self.forget(name)

    def renew(self, name: str, files: Mapping[str, bytes]) -> None:
        """Replace all files of an edition in the folder of that name."""
        write_folder(self._root, name, files)

    def hold(self, name: str, files: Mapping[str, bytes], *, told: str) -> None:
        """Write the files of an edition that waits for its editor into a folder below `held/`, where a program that
        sends the mails of the outbox does not look.
        """
        folder = self._root / HELD
        write_folder(folder, name, files)
        tree = Tree(folder)
        tree.write(f"{name}.txt", told.encode())
        tree.commit()

    def held_folder(self, name: str) -> Path:
        """Return the path of the folder below `held/` that shows an edition to its editor."""
        return self._root / HELD / name

    def forget(self, name: str) -> None:
        """Remove an edition's folder below `held/` and the text beside it."""
        remove(self.held_folder(name))
        remove(self._root / HELD / f"{name}.txt")

    def put_notice(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write the files of a notice (a mail to the operator or an editor) into a folder below `notices/`."""
        write_folder(self._root / NOTICES, name, files)

    def mail(self, delivery: "NewDelivery") -> bytes:
        """Return the mail from the folder of the delivery's edition. The folder must be whole."""
        folder = self._root / delivery.name
        described, mail = description_in(folder), _bytes_of(folder / MAIL)
        if described is None or mail is None:
            raise FilesError(f"{folder} is gone from the outbox, so its mail cannot be sent: put it back")
        if hashlib.sha256(mail).hexdigest() != described["sha256"].get(MAIL):
            raise FilesError(f"{folder} is damaged, so its mail is not sent: put it back as it was")
        if described.get("message_id") != delivery.message_id:
            raise FilesError(f"{folder} holds another mail than the one that was to be sent: put it back as it was")
        return mail

    def uids(self, name: str) -> set[str]:
        """Return the uids of all items that the edition's edition.json lists."""
        described = description_in(self._root / name) or {}
        return {item["uid"] for part in ("items", "corrected", "left_out") for item in described.get(part, ())}

    def recipient(self, name: str) -> str:
        """Return the recipient that the edition's edition.json names."""
        return str((description_in(self._root / name) or {}).get("to", ""))


class RehearsedOutbox:
    """An outbox that writes nothing, for a rehearsal (a run that shows what would be done)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write nothing: a rehearsal only shows what would be done."""

    def renew(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write nothing: a rehearsal only shows what would be done."""

    def hold(self, name: str, files: Mapping[str, bytes], *, told: str) -> None:
        """Write nothing: a rehearsal only shows what would be done."""

    def held_folder(self, name: str) -> Path:
        """Return the path of the folder of an edition that waits for its editor, which the notice to him names; the
        folder is not made.
        """
        return self._root / HELD / name

    def forget(self, name: str) -> None:
        """Remove nothing: a rehearsal only shows what would be done."""

    def put_notice(self, name: str, files: Mapping[str, bytes]) -> None:
        """Write nothing: a rehearsal only shows what would be done."""

    def mail(self, delivery: "NewDelivery") -> bytes:
        """Raise an error: a rehearsal sends no mail."""
        raise FilesError(f"{self._root / delivery.name} is not written in a rehearsal")

    def uids(self, name: str) -> set[str]:
        """Return the uids of the items of the edition in the real outbox."""
        return OutboxFolder(self._root).uids(name)

    def recipient(self, name: str) -> str:
        """Return the address of the mailing list of the edition in the real outbox."""
        return OutboxFolder(self._root).recipient(name)


def write_test(root: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write a test mail into a folder below `test/`, replacing an earlier one; return the folder.

    Raises:
        FilesError: the disk refuses.
    """
    write_folder(root / TEST, name, files)
    return root / TEST / name


# --- the content of folders ------------------------------------------------------------------------------------------


def edition_files(
    edition: Edition, digest: "Digest", mail: bytes, *, audience: Audience, site: Site
) -> dict[str, bytes]:
    """Return the contents of the files of an edition, by file name."""
    files = digest_files(digest, mail)
    described = _describe(edition, digest, files, audience=audience, site=site)
    text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
    return {**files, EDITION_FILE: text.encode()}


def digest_files(digest: "Digest", mail: bytes) -> dict[str, bytes]:
    """Return the contents of the files of a test mail's digest, by file name. There is no edition.json among them."""
    return {"digest.html": digest.html.encode(), "digest.txt": digest.text.encode(), MAIL: mail}


def notice_files(notice: Notice, mail: bytes) -> dict[str, bytes]:
    """Return the contents of the files of a notice (a mail to the operator or an editor), by file name: the whole mail,
    and its text.
    """
    return {"notice.eml": mail, "notice.txt": notice.text.encode()}


def is_whole(folder: Path) -> bool:
    """Whether the folder of an edition contains all its files, unchanged.

    Raises:
        FilesError: a file exists and cannot be read.
    """
    described = description_in(folder)
    if described is None:
        return False
    return all(_sha256_of_file(folder / name) == sha256 for name, sha256 in described["sha256"].items())


def _describe(
    edition: Edition, digest: "Digest", files: Mapping[str, bytes], *, audience: Audience, site: Site
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


def _item(item: "DigestItem") -> dict[str, Any]:
    return {"uid": item.uid, "title": item.title, "url": item.url, "themes": list(item.themes)}


def _refuse_other(folder: Path, files: Mapping[str, bytes]) -> None:
    if not is_whole(folder):
        raise FilesError(f"{folder} is damaged: move it away, then run again to write it again")
    there, described = description_in(folder) or {}, json.loads(files[EDITION_FILE])
    if any(there.get(key) != described[key] for key in IDENTITY):
        raise FilesError(
            f"{folder} holds another edition, composed {there.get('composed_at')}, that this store does not know: "
            "move it away, then run again"
        )


def description_in(folder: Path) -> dict[str, Any] | None:
    """Return the content of the edition.json in a folder, or `None` if it is missing or invalid."""
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
            f"{path} cannot be read ({error.strerror}): give the user who runs publisher the right to read it"
        ) from error
