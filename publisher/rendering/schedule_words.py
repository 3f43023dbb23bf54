"""Puts a schedule into words, for pages that say when mails come: `every Monday at 8:00`."""

import re
from functools import lru_cache

from publisher.model.schedules import Schedule
from publisher.rendering import languages
from publisher.rendering.languages import name_of_weekday

DOMAIN = "pages"
_NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_DAY = r"(?P<day>MON|TUE|WED|THU|FRI|SAT|SUN|[0-7])"
_DAYS = rf"(?P<any>\*)|(?P<workdays>1-5|MON-FRI)|{_DAY}(?P<first>#1)?"
_LINE = re.compile(rf"(?P<minute>\d\d?) (?P<hour>\d\d?) \* \* (?:{_DAYS})", re.IGNORECASE)
_RULE = {
    "FREQ": re.compile("WEEKLY"),
    "INTERVAL": re.compile("[12]"),
    "BYDAY": re.compile("|".join(name[:2] for name in _NAMES)),
    "BYHOUR": re.compile(r"\d\d?"),
    "BYMINUTE": re.compile(r"\d\d?"),
    "WKST": re.compile("MO"),
}
_TWO_LETTERS = {name[:2]: place for place, name in enumerate(_NAMES)}


@lru_cache(256)
def words_of(schedule: Schedule, language: str) -> str:
    """Return a schedule in words, such as `every Monday at 8:00`; return an empty string if the schedule is too unusual
    for a few words.

    Cron lines have words if they are due at one time of day: on every day, on one weekday, from Monday to Friday, or on
    the first of one weekday in each month. Recurrence rules (RFC 5545) have words if they are due on one day of each
    week, or of every other week; the words do not name the days that a rule leaves out.
    """
    spoken = languages.interface_language(language, DOMAIN)
    if schedule.rule:
        return _say_rule(schedule.rule, spoken)
    line = _LINE.fullmatch(schedule.expression)
    if line is None:
        return ""
    gettext = languages.translations(spoken, DOMAIN).gettext
    time = f"{int(line['hour'])}:{int(line['minute']):02}"
    if line["any"]:
        return gettext("every day at %(time)s") % {"time": time}
    if line["workdays"]:
        days = {"first": name_of_weekday(0, spoken), "last": name_of_weekday(4, spoken)}
        return gettext("from %(first)s to %(last)s at %(time)s") % {**days, "time": time}
    said = {"day": name_of_weekday(_place_of(line["day"]), spoken), "time": time}
    if line["first"]:
        return gettext("on the first %(day)s of each month at %(time)s") % said
    return gettext("every %(day)s at %(time)s") % said


def _say_rule(rule: str, spoken: str) -> str:
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    is_usual = all(name in _RULE and _RULE[name].fullmatch(value) for name, value in parts.items())
    if not is_usual or not {"FREQ", "BYDAY", "BYHOUR"} <= parts.keys():
        return ""
    gettext = languages.translations(spoken, DOMAIN).gettext
    text = (
        gettext("every other %(day)s at %(time)s")
        if parts.get("INTERVAL") == "2"
        else gettext("every %(day)s at %(time)s")
    )
    time = f"{int(parts['BYHOUR'])}:{int(parts.get('BYMINUTE', '0')):02}"
    return text % {"day": name_of_weekday(_TWO_LETTERS[parts["BYDAY"]], spoken), "time": time}


def _place_of(day: str) -> int:
    """Return the number of a weekday: 0 is Monday; cron's 0 and 7 are Sunday."""
    return (int(day) - 1) % 7 if day.isdecimal() else _NAMES.index(day.upper())
