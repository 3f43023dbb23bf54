"""Footnotes of Markdown: `[^1]` in the text, and `[^1]: words` in a line below; pure.

CommonMark has no footnotes. It takes a footnote's line with a single word for the target of a link and drops the line,
and shows other footnotes' lines unchanged.
"""

import re

_DEFINITION = re.compile(r"\[\^(?P<label>[^\]\s]{1,40})\]:[ \t]*(?P<words>.*)")
_REFERENCE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|\[\^(?P<label>[^\]\s]{1,40})\]", re.DOTALL
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_GOES_ON = re.compile(r" {4}|\t")


def gather_footnotes(body: str) -> tuple[str, dict[str, int]]:
    """Return Markdown with its footnotes as a list at its end, and the number of each footnote by its label; code stays
    unchanged.
    """
    kept: list[str] = []
    notes: dict[str, list[str]] = {}
    fence, label, is_open = "", "", False
    for line in body.split("\n"):
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        if not (fence or mark) and (found := _DEFINITION.match(line)):
            label, is_open = found["label"], True
            notes[label] = [found["words"]]
        elif label and line.strip() and (is_open or _GOES_ON.match(line)):
            notes[label] += [line.strip()] if is_open else ["", line.strip()]
            is_open = True
        else:
            is_open = False
            label = label if not line.strip() else ""
            kept.append(line)
    if not notes:
        return body, {}
    words = ("\n    ".join(lines) for lines in notes.values())
    listed = "\n".join(f"{number}.  {each}" for number, each in enumerate(words, start=1))
    return "\n".join([*kept, "", "---", "", listed, ""]), {label: n for n, label in enumerate(notes, start=1)}


def number_footnotes(paragraph: str, numbers: dict[str, int]) -> str:
    """Return a paragraph of Markdown with each footnote's label replaced by its number; text in backticks stays."""

    def numbered(match: re.Match[str]) -> str:
        number = numbers.get(match["label"] or "")
        return f"<sup>\\[{number}\\]</sup>" if number else match[0]

    return _REFERENCE.sub(numbered, paragraph) if numbers else paragraph


def without_references(text: str) -> str:
    """Return a text without the marks of footnotes."""
    return _REFERENCE.sub(lambda match: match["code"] or "", text) if "[^" in text else text
