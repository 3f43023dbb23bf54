"""Says why a file gives no items of a listing; pure."""

from collections.abc import Sequence

from publisher.model.problems import Problem

ABOVE_ALL = "this stands above the first date and was left out"


def why_unread(text: str, where: str, problems: Sequence[Problem]) -> str:
    """Return why the file `where` gives no items: it is no plain text, no line is a date, or its first problem."""
    begin = text.lstrip()[:20].casefold()
    if begin.startswith("{\\rtf"):
        return f"{where} is RTF; save it as plain text in UTF-8"
    if begin.startswith(("<!doctype html", "<html")):
        return f"{where} is HTML; save it as plain text in UTF-8"
    if all(problem.what == ABOVE_ALL for problem in problems):
        return f"no line is a date alone, as each item needs above its text; {problems[0]}"
    return str(problems[0])
