"""The word for a picture without a name, where a page or mail links to it."""

from functools import cache

from publisher.rendering import languages

DOMAIN = "feeds"


@cache
def picture_word(language: str) -> str:
    """Return the word for a picture as HTML, in a language; in English, and marked so, if the language has none."""
    word = languages.translations(language, DOMAIN).gettext("Picture")
    spoken = languages.interface_language(language, DOMAIN)
    return word if spoken == language else f'<span lang="{spoken}">{word}</span>'
