"""What the templates of forms are given."""

from publisher.model.subscribers import EVERYTHING
from publisher.serve.forms.shown import Showing
from publisher.subscribers.rates import Rates
from tests.editions import ASYLUM, BORDERS, GENERAL
from tests.planning import SETTINGS
from tests.world import NOW


def no_rates() -> Rates:
    raise AssertionError("no page asks how often items come")


def test_the_themes_of_a_mail_stand_in_the_order_of_the_form() -> None:
    titles = {each.slug: each.title for each in (ASYLUM, BORDERS, GENERAL)} | {"gone": "Gone"}
    showing = Showing(
        settings=SETTINGS,
        themes=(BORDERS, ASYLUM, GENERAL),
        theme_title=titles.__getitem__,
        rates=no_rates,
        timezone="Europe/Brussels",
        now=NOW,
    )

    mail = showing.mail(NOW, 4, ("gone", "general", "asylum", "borders-visa"), {EVERYTHING: "weekly"})
    some = showing.mail(NOW, 4, ("general", "asylum"), {"asylum": "weekly"})

    assert ("Borders & Visa", "Asylum", "General", "Gone") == mail.themes
    assert ("Asylum",) == some.themes
