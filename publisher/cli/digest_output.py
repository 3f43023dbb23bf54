"""Writes a digest as files, into a folder that a command was given."""

from pathlib import Path

from publisher.model.digests import Digest
from publisher.store.disk_errors import explain_errors


def write_digest(folder: Path, digest: Digest) -> list[str]:
    """Write a digest into a folder, which is made if it is missing; return the paths of the files."""
    files = {folder / "digest.html": digest.html, folder / "digest.txt": digest.text}
    with explain_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    return [str(path) for path in files]
