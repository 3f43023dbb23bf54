"""Checks the size of feeds: some feed readers fetch large feeds seldom or never. All findings are hints."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from publisher.admin.mail_checks import Finding
from publisher.model.feeds import Feed
from publisher.rendering import urls

LARGE_BYTES = 512_000
"""The size in bytes above which some hosted feed readers refuse a feed. A feed reader fetches the whole feed for each
new item.
"""


def large_feeds(feeds: Iterable[Feed], folder: Path, formats: Iterable[str]) -> list[tuple[str, int]]:
    """Return the large files among those of these feeds below `folder`, with their sizes in bytes, the
    largest first.
    """
    files = [urls.feed_file(urls.folder_of(feed), key) for feed in feeds for key in formats]
    sizes = [(file, (folder / file).stat().st_size) for file in files if (folder / file).is_file()]
    return sorted((each for each in sizes if each[1] > LARGE_BYTES), key=lambda each: (-each[1], each[0]))


def feed_hints(large: Iterable[tuple[str, int]]) -> Iterator[tuple[str, Finding]]:
    """Yield a hint for each large feed file; `large` has these files with their sizes in bytes."""
    for file, size_bytes in large:
        what = (
            f"it has {size_bytes // 1_000} kB, and some readers take no more than {LARGE_BYTES // 1_000}; "
            'set content = "summary" for it, or a smaller feeds.limit'
        )
        yield f"feeds/{file}", Finding(what=what, is_hint=True)
