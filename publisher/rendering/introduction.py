"""The introduction above the items of an edition: the text that all editions of the audience have, then the editor's
text.

Both texts are plain, with paragraphs separated by an empty line. `[words](https://example.org/)` is a link.
"""

import re

from publisher.model.editions import Audience, Edition
from publisher.rendering.text import html_of_text

LINK = re.compile(r'\[([^\[\]\n]+)\]\(<a href="([^"]+)">[^<]*</a>\)')
"""`[words](https://example.org/)` in HTML in which the web address has already become a link."""


def introduction_of(edition: Edition, audience: Audience) -> str:
    """Return the introduction of an edition as plain text; return an empty string if there is none."""
    return "\n\n".join(filter(None, (audience.introduction.strip(), edition.introduction.strip())))


def html_of_introduction(text: str) -> str:
    """Return an introduction as HTML, a `p` for each paragraph; return an empty string if the text is empty."""
    return LINK.sub(r'<a href="\2">\1</a>', html_of_text(text))
