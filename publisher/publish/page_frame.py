"""The frame of every page: the values that each template gets besides the content, and the title of the
browser window.
"""

from functools import partial
from html import escape, unescape

from publisher.model.feeds import ALL
from publisher.model.titles import shorten
from publisher.publish.page_values import DOMAIN, SiteLook
from publisher.rendering import languages, urls

WINDOW_TITLE = 70
"""How many characters of a window's title browsers and search engines show, including the site's name."""


def render_page(name: str, file: str, *, look: SiteLook, language: str = "", root: str = "", **values: object) -> bytes:
    """Return the template `name` rendered as the web page at the path `file`.

    `language` is the language of the page's fixed texts; an empty string means the site's language. Relative links
    start with `root`; if it is empty, they are relative to the page. `values` may replace values of the frame, such as
    `by_mail`.
    """
    spoken = language or look.site.language
    frame = (urls.folder_with(file), root)
    page = look.templates.render(
        name,
        language=spoken,
        domain=DOMAIN,
        site=look.site,
        page_language=languages.interface_language(spoken, DOMAIN),
        windowed=partial(window_title, site=look.site.title),
        **{**look.frames.get(frame, lambda: _frame_links(*frame, look)), "picture": _picture_of(look), **values},
    )
    return page.encode()


def _picture_of(look: SiteLook) -> str:
    """Return the address of the site's picture, or an empty string if it has none."""
    return look.site.base_url + (look.logo or look.icon) if look.logo or look.icon else ""


def _frame_links(folder: str, root: str, look: SiteLook) -> dict[str, str]:
    """Return the addresses that every page of a folder links to, by name. An address is empty if its target does not
    exist.
    """
    files = {
        "home": urls.INDEX_FILE,
        "all_items": urls.feed_page_file(ALL),
        "style": urls.STYLE_FILE,
        "opml": urls.OPML_FILE,
        "icon": look.icon or urls.ICON_FILE,
        "by_year": urls.YEARS_FILE,
    }
    links = {name: root + urls.relative(file, start=folder) for name, file in files.items()}
    audiences, mail_places = look.audiences, _mail_places(look)
    digests = urls.editions_file(audiences[0].name) if len(audiences) == 1 else ""
    digests = root + urls.relative(digests, start=folder) if digests else f"{links['home']}#digests"
    by_mail = mail_places[0] if len(mail_places) == 1 else f"{links['home']}#mail"
    return {**links, "digests": digests if audiences else "", "by_mail": by_mail if mail_places else ""}


def _mail_places(look: SiteLook) -> tuple[str, ...]:
    """Return the addresses where people can get the news by mail. If there is a form to choose themes and pace, return
    only the form's.
    """
    if look.has_forms:
        return (urls.subscribe_url(look.site),)
    return tuple(each.subscribe_url or f"mailto:{each.subscribe_mailto}" for each in look.open_to)


def window_title(heading: str, site: str) -> str:
    """Return the title of a browser window: the page's heading and the site's title, both shortened to what browsers
    show.
    """
    own = unescape(heading) if hasattr(heading, "__html__") else heading
    name = shorten(site, max(WINDOW_TITLE - len(escape(f"{own} – ")), WINDOW_TITLE // 2))
    short = shorten(own, WINDOW_TITLE - len(escape(f" – {name}")))
    while len(escape(f"{short} – {name}")) > WINDOW_TITLE:  # an escaped character counts as it is written
        short = shorten(short, len(short) - 1)
    return f"{short} – {name}"
