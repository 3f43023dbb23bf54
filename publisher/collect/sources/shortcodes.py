"""Finds in Markdown what site generators would replace: the shortcodes and tags of Hugo, Jekyll, Eleventy and Zola.

`{{< youtube a1b2 >}}`, `{{% note %}}`, `{% include box.html %}` and `{{ site.phone }}` mean something only to the
program that makes the site's own pages; readers of a feed or a mail would see them as noise. The text between an
opening and a closing shortcode stays.
"""

import re

_COMMENT = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{\{/\*.*?\*/\}\}|\{# .*? #\}|\{/\*.*?\*/\}"
    r"|^%%[ \t]*$.*?^%%[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_ATTRIBUTE = r"(?:[#.][\w-]+|[\w-]+=(?:\"[^\"\n]*\"|[^\s{}\"]+))"
_ATTRIBUTES = rf"\{{{_ATTRIBUTE}(?: +{_ATTRIBUTE})*\}}"
_IMPORT = r"import\s(?:[^\n]*\sfrom\s+)?['\"][^'\"\n]+['\"];?\s*"
_MODULES = rf"(?=import\s|export\s)(?:{_IMPORT})*(?:export\s+(?:const|default|function|let)\s.*)?"
"""Lines of programs in MDX."""
_CODE_OR_TAG = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|(?P<tag>\{\{.*?\}\}|\{%.*?%\}|!\[\[[^\[\]\n]+\]\]|(?<![\w%])%%[^%\n]+%%)"
    rf"|(?P<attributes>\{{:[^{{}}\n]*\}}|(?: ?{_ATTRIBUTES}\Z|(?<=\)){_ATTRIBUTES})"
    r"|\A(?:\[TOC\]|\[\[_?TOC_?\]\])\Z"
    rf"|\A{_MODULES}\Z)"
    r"|\[\[(?:[^\[\]|\n]+\|)?(?P<words>[^\[\]|\n]+)\]\](?!\()",
    re.DOTALL,
)
_CALLOUT = re.compile(r"\[!\w+\][+-]?[ \t]*\n?")
_CONTAINER = re.compile(
    r"^(?::{3,}[ \t]*(?:\{[^}\n]*\}|[\w-]*)|(?:!!!|\?\?\?\+?)[ \t]+[\w-]+)[ \t]*(?P<title>.*)\n?", re.MULTILINE
)
_BLANK_ADDRESS = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|\]\((?P<address>(?=[^()<>\"'\n]*[^\s()] +[^\s()\"'])(?=[^()\n]*(?:/|\.\w{2,5}[ )]))[^\s()<>\"'][^()<>\"'\n]*?)"
    r"(?P<title> +(?:\"[^\"\n]*\"|'[^'\n]*'))?\)",
    re.DOTALL,
)
"""Finds addresses with blanks in links; something in it looks like a path or the end of a file's name."""
_SIZE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<picture>!\[[^\[\]\n]*\]\([^()\s]+(?: +\"[^\"\n]*\")?) +=\d{0,5}%?x\d{0,5}%?\)",
    re.DOTALL,
)
"""A picture with its size, as HackMD and others write it: `![Quay](quay.jpg =200x100)`."""
_BARE_ADDRESS = re.compile(
    r"(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|\\."
    r"|!?\[[^\[\]]*\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\[\]]*\])?|<a\b[^<]{0,2000}</a>|<[^<>]*>"
    r"|(?<![\w/@.-])(?P<url>https?://(?:[^\s<>\"`\\()]|\([^\s<>()]*\))*"
    r"(?:[^\s<>\"`\\().,:;!?'*_~\[\]{}|”’»]|\([^\s<>()]*\)))",
    re.DOTALL | re.IGNORECASE,
)
"""Finds addresses of the web outside code, links and tags."""


def without_comments(body: str) -> str:
    """Return Markdown without the comments of Liquid, Hugo, Jinja, MDX and Obsidian."""
    return _COMMENT.sub("", body)


def without_callout(quotation: str) -> str:
    """Return the first paragraph of a quotation without a mark such as `[!NOTE]`, for which GitHub and Obsidian draw a
    box.
    """
    return _CALLOUT.sub("", quotation, count=1) if _CALLOUT.match(quotation) else quotation


def without_shortcodes(paragraph: str) -> tuple[str, list[str]]:
    """Return a paragraph of Markdown without shortcodes, and the removed shortcodes; text in backticks stays.

    Attributes (`{: .note}`, `{#hours}` at the end, `{width=50%}` after a link), `[TOC]`, and the lines by which MDX
    imports programs are also removed, but not returned: they contain no words. A link between notes (`[[ferry|The
    ferry]]`) is replaced by its words.
    """
    found: list[str] = []

    def left(match: re.Match[str]) -> str:
        if match["code"] or match["words"]:
            return match["words"] or match[0]
        if match["tag"]:
            found.append(" ".join(match["tag"].split()))
        return ""

    return _CODE_OR_TAG.sub(left, paragraph), found


def without_containers(paragraph: str) -> str:
    """Return a paragraph without the lines that open and close a box in Docusaurus, VuePress, Pandoc (`:::note`) and
    MkDocs (`!!! note`); the title of a box stays.
    """
    return _CONTAINER.sub(lambda line: f"{words}\n" if (words := line["title"].strip('[]"')) else "", paragraph).strip()


def link_addresses(paragraph: str) -> str:
    """Return a paragraph in which each bare web address is a link, as in the dialects of GitHub and Hugo."""
    return _BARE_ADDRESS.sub(lambda found: f"<{found['url']}>" if found["url"] else found[0], paragraph)


def close_addresses(paragraph: str) -> str:
    """Return a paragraph in which addresses of links may contain blanks: `[The report](my report.pdf)`.

    CommonMark reads such a link as text, while other programs, and people who drop files into an editor, write it. A
    size behind the address of a picture is left out.
    """
    paragraph = _SIZE.sub(lambda found: found["code"] or f"{found['picture']})", paragraph)
    return _BLANK_ADDRESS.sub(lambda link: link["code"] or f"](<{link['address']}>{link['title'] or ''})", paragraph)
