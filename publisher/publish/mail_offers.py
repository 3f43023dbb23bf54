"""The ways to get the news by mail that web pages offer: the form to subscribe, and the mailing lists that people can
join.
"""

from collections.abc import Sequence

from publisher.model.editions import Audience
from publisher.model.themes import ThemeChoice
from publisher.publish.page_values import MailOffer, SiteLook
from publisher.rendering import urls
from publisher.rendering.text import scrub

ANY_LANGUAGE = "*"


def mail_offers(look: SiteLook, slugs: Sequence[str] = ()) -> Sequence[MailOffer]:
    """Return the ways to get news of at least one of the themes `slugs` by mail, or all ways if there are no slugs.

    The form comes first. On the page of one theme, that theme is preselected.
    """
    key = tuple(slugs)
    return look.offers.get(key, lambda: _mail_offers(look, key))


def _mail_offers(look: SiteLook, slugs: Sequence[str]) -> list[MailOffer]:
    theme = slugs[0] if len(slugs) == 1 else ""
    form = MailOffer(
        title="", has_all=not theme, is_of_theme=bool(theme), url=urls.subscribe_url(look.site, theme), schedule=None
    )
    return [
        *([form] if look.has_forms else []),
        *(
            MailOffer(
                title=digest_name(each, look),
                has_all=each.themes.is_all and ANY_LANGUAGE in each.languages,
                is_of_theme=bool(theme) and each.themes == ThemeChoice.of(theme),
                url=each.subscribe_url or f"mailto:{each.subscribe_mailto}",
                schedule=each.schedule,
            )
            for each in look.open_to
            if not slugs or any(map(each.themes.follows, slugs))
        ),
    ]


def digest_name(audience: Audience, look: SiteLook) -> str:
    """Return how lists name an audience's digest: by its title, or by the audience's name if two digests have the same
    title.
    """
    titles = {each.name: each.title for each in (*look.audiences, *look.open_to)}
    others = [title for name, title in titles.items() if name != audience.name]
    is_own = not others or (audience.title != look.site.title and audience.title not in others)
    return scrub(audience.title if is_own else audience.name)
