"""Random HTML texts of items, nested in any way."""

from hypothesis import strategies as st

WORDS = (
    "One",
    "two, three.",
    "1 200",
    "«\u00a0oui\u00a0»",
    "مرحبا",
    "\u202eevil",
    "a <b>",
    "   ",
    "\n",
    "\n    x = 1\n",
    "移" * 50,
)
INLINE = ("b", "code", "q", "span", "sup", "sub")
AROUND = (
    *("p", "div", "blockquote", "pre", "ul", "ol", "li", "dl", "dt", "dd", "h2", "h3", "h5", "h6", "figure"),
    *("table", "tr", "td", "th", "thead", "tbody", "caption", *INLINE),
)
ALONE = (
    '<a href="https://example.org/">example.org</a>',
    '<a href="https://example.org/a/very/long/address/that/no/line/has/room/for/whatever/its/width">there</a>',
    '<a href="mailto:ada@example.org">Ada</a>',
    '<img src="https://example.org/a.png" alt="A quay" width="900">',
    *("<br>", "<hr>", "<td>lost</td>"),
)


def _in(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", st.sampled_from(AROUND), st.lists(inner, max_size=4)
    )


_leaves = st.sampled_from(ALONE) | st.sampled_from([word.replace("<", "&lt;") for word in WORDS])
bodies = st.lists(st.recursive(_leaves, _in, max_leaves=12), max_size=6).map("".join)
