"""Finds the day in the name of a file or in a web address, where many sites keep it; pure."""

import re
from urllib.parse import urlsplit

_DATED_NAME = re.compile(r"(\d{4})(-?)(\d{1,2})\2(\d{1,2})(?:[-_ .].*)?")
_DATED_FOLDERS = re.compile(r"(?:.*/)?(\d{4})/(\d{2})/(\d{2})/[^/]+")


def day_in_path(path: str) -> str | None:
    """Return the day in a file's name (`2024-03-04-ferry`), in the name of a folder for this file alone
    (`2024-03-04-ferry/index`), or in its folders (`2024/03/04/ferry`); return `None` if there is no such day.

    The day is written as ISO 8601 has it, and may not exist.
    """
    return _day_in_name(path.removesuffix("/index").rpartition("/")[2]) or _day_in_folders(path)


def day_in_address(address: str) -> str | None:
    """Return the day in the path of a web address: in one of its names (`/news/2024-03-04-ferry`,
    `/2024-03-04/ferry.html`), the last one first, or in its folders (`/2024/03/04/ferry/`); return `None` if there is
    no such day.
    """
    try:
        path = urlsplit(address).path.rstrip("/")
    except ValueError:  # such as http://[ with no closing bracket
        return None
    named = (day for name in reversed(path.split("/")) if (day := _day_in_name(name)))
    return next(named, None) or _day_in_folders(path)


def _day_in_name(name: str) -> str | None:
    named = _DATED_NAME.fullmatch(name)
    is_day = named and (named[2] or len(named[3] + named[4]) == len("0304"))
    return f"{named[1]}-{named[3]}-{named[4]}" if named and is_day else None


def _day_in_folders(path: str) -> str | None:
    within = _DATED_FOLDERS.fullmatch(path)
    return "-".join(within.groups()) if within else None
