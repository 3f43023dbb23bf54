"""Subjects and names in every script. Tests write them into headers and read them back."""

from hypothesis import strategies as st

from publisher.rendering.text import one_line

WORDS = (
    *("news", "2020", "of", "the", "asylum", "Commission’s", "“quoted”", "–", "café", "réseau", "naïve", "Größe", "€5"),
    *("Miłość", "čeština", "Đặng", "Ærø", "İstanbul", "Новости", "о", "миграции", "Ειδήσεις", "για", "το", "άσυλο"),
    *("أخبار", "الهجرة", "חדשות", "הגירה", "ニュース", "移民", "이민", "소식", "ข่าวการย้ายถิ่น", "समाचार", "செய்தி", "ዜና"),
    *("🙂", "👩‍👩‍👧", "🇧🇪", "é", "«\u00a0oui\u00a0»", "10\u202f000", "x" * 90, '"', "\\", "(a)", "<b>"),
    *("a,b", "Dr.", "a@b.example", "[x]", ";", ":", "=", "_", "?", "==", "=20", "=?utf-8?q?x?="),
    "https://news.example.org/" + "a" * 60,
)
ANY_CHARACTER = st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"])

texts = (
    st.text(ANY_CHARACTER, max_size=120)
    | st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join)
    | st.lists(st.sampled_from(WORDS) | st.text(ANY_CHARACTER, max_size=20), max_size=20).map("".join)
).map(one_line)
