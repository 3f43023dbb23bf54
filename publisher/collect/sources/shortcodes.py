"""Finds in Markdown what site generators would replace: the shortcodes and tags of Hugo, Jekyll, Eleventy and Zola.

`{{< youtube a1b2 >}}`, `{{% note %}}`, `{% include box.html %}` and `{{ site.phone }}` mean something only to the
program that makes the site's own pages; readers of a feed or a mail would see them as noise. The text between an
opening and a closing shortcode stays.
"""

import re

_COMMENT = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{\{/\*.*?\*/\}\}|\{# .*? #\}|^%%[ \t]*$.*?^%%[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_CODE_OR_TAG = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|(?P<tag>\{\{.*?\}\}|\{%.*?%\}|!\[\[[^\[\]\n]+\]\]|(?<![\w%])%%[^%\n]+%%)"
    r"|(?P<attributes>\{:[^{}\n]*\}| ?\{#[\w-]+\}\Z|\A(?:\[TOC\]|\[\[_?TOC_?\]\])\Z)"
    r"|\[\[(?:[^\[\]|\n]+\|)?(?P<words>[^\[\]|\n]+)\]\](?!\()",
    re.DOTALL,
)
_CALLOUT = re.compile(r"\[!\w+\][+-]?[ \t]*\n?")


def without_comments(body: str) -> str:
    """Return Markdown without the comments of Liquid, Hugo, Jinja and Obsidian."""
    return _COMMENT.sub("", body)


def without_callout(quotation: str) -> str:
    """Return the first paragraph of a quotation without a mark such as `[!NOTE]`, for which GitHub and Obsidian draw a
    box.
    """
    return _CALLOUT.sub("", quotation, count=1) if _CALLOUT.match(quotation) else quotation


def without_shortcodes(paragraph: str) -> tuple[str, list[str]]:
    """Return a paragraph of Markdown without shortcodes, and the removed shortcodes; text in backticks stays.

    Attributes (`{: .note}`, and `{#hours}` after a heading) and `[TOC]` are also removed, but not returned: they
    contain no words. A link between notes (`[[ferry|The ferry]]`) is replaced by its words.
    """
    found: list[str] = []

    def left(match: re.Match[str]) -> str:
        if match["code"] or match["words"]:
            return match["words"] or match[0]
        if match["tag"]:
            found.append(" ".join(match["tag"].split()))
        return ""

    return _CODE_OR_TAG.sub(left, paragraph), found
