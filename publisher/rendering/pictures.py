"""The word for a picture without a name, where a page or mail links to it."""

from functools import cache

from publisher.rendering import languages

DOMAIN = "feeds"


@cache
def picture_word(language: str) -> str:
    """Return the word for a picture as HTML. It is marked with its own language if that is not exactly `language`: as
    `fr` for `fr-BE`, and as English if the language has no catalogue.
    """
    word = languages.translations(language, DOMAIN).gettext("Picture")
    spoken = languages.interface_language(language, DOMAIN)
    return word if spoken == language else f'<span lang="{spoken}">{word}</span>'
