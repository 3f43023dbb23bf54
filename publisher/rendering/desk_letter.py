"""The letter with a link to sign in at the editors' desk."""

from datetime import datetime

from publisher.model.deliveries import DeliveryKind, Letter, NewDelivery, Rank
from publisher.model.desk import LINK_WITHIN
from publisher.model.editions import DigestStyle
from publisher.model.site import Mailbox, Site
from publisher.rendering.addresses import list_host, wire_address
from publisher.rendering.columns import wrap
from publisher.rendering.languages import interface_language, translations
from publisher.rendering.letters import DOMAIN, LetterWords
from publisher.rendering.message import letter_message
from publisher.rendering.templates import Templates
from publisher.rendering.urls import desk_link_url, host_of


def desk_letter(
    person: str, token: str, *, name: str, site: Site, style: DigestStyle, templates: Templates, now: datetime
) -> Letter:
    """Return the letter with a sign-in link for `person`, ready to queue; the link contains the `token`.

    Raises:
        TemplateError: letter.txt or letter.html cannot be used.
    """
    words = desk_words(site, token)
    text, html = (
        templates.render(template, language=site.language, domain=DOMAIN, letter=words, style=style, wrap=wrap)
        for template in ("letter.txt", "letter.html")
    )
    message_id = f"<{name}.{now:%Y%m%dT%H%M%SZ}.letter@{list_host(site)}>"
    mail = letter_message(
        subject=words.subject,
        text=text,
        html=html,
        from_=site.author,
        to=Mailbox(address=person),
        reply_to=None,
        message_id=message_id,
        dated=now,
        language=interface_language(site.language, DOMAIN),
    )
    delivery = NewDelivery(
        kind=DeliveryKind.LETTER,
        name=name,
        recipient=person,
        sender=wire_address(site.author.address),
        message_id=message_id,
        dated=now,
        rank=Rank.LETTER,
    )
    return Letter(delivery=delivery, mail=mail)


def desk_words(site: Site, token: str) -> LetterWords:
    """Return the words of the sign-in letter."""
    gettext = translations(site.language, DOMAIN).gettext
    said = {"site": site.title, "host": host_of(site.base_url), "num": int(LINK_WITHIN.total_seconds() // 60)}
    answers = gettext("An answer to this mail reaches %(address)s.") % {"address": site.author.address}
    return LetterWords(
        subject=gettext("Sign in: desk of %(site)s") % said,
        before=(gettext("Somebody asked on %(host)s for a link to the desk.") % said,),
        facts=(),
        door=gettext("Open this page and press the button there"),
        url=desk_link_url(site, token),
        after=(
            gettext(
                "The link is good for %(num)s minutes, and once. Was it not you? Do nothing, and give the link to "
                "no one: who has it can send to all readers."
            )
            % said,
        ),
        sender=f"{site.author.name or site.title}. {answers}",
        postal_address="",
        privacy_url="",
    )
