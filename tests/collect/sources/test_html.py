"""HTML from anywhere, safe to show."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from publisher.collect.sources.html import ATTRIBUTES, TAGS, clean_html, safe_html
from publisher.collect.sources.html_words import line_of, text_of
from publisher.collect.sources.links import SCHEMES, absolute
from publisher.model.links import without_tracking

BASE = "https://example.org/news/2026"


DRUPAL = """<span class="field field--name-title field--type-string">A</span>
<span class="field field--name-uid">by B</span> <span class="field field--name-created">Mon, 03/04/2024</span>
<div class="field field--name-body"><p>It sails.</p></div><div class="node__links"><a href="/a">1 comment</a></div>"""


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>Plain &amp; simple.</p>", "<p>Plain &amp; simple.</p>"),
        ("<p onclick='steal()' style='color:red'>Text</p>", "<p>Text</p>"),
        ("<script>steal()</script><p>Text</p><style>p {}</style>", "<p>Text</p>"),
        ("<font color=red>Text</font>", "Text"),
        ("<p>One<p>Two <b>three", "<p>One</p><p>Two <b>three</b></p>"),
        ("<h1>Top</h1><h2>Next</h2><h4>Low</h4>", "<h3>Top</h3><h3>Next</h3><h4>Low</h4>"),
        ('<a href="../about#staff">x</a>', '<a href="https://example.org/about#staff">x</a>'),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        (
            '<a href=" jav&#x09;ascript:alert(1)">x</a>',
            '<a href="https://example.org/news/jav%09ascript:alert(1)">x</a>',
        ),
        ('<a href="data:text/html,x">x</a>', "<a>x</a>"),
        ('<a href="www.example.org/x">x</a>', '<a href="https://www.example.org/x">x</a>'),
        ('<div style="display:none;max-height:0;mso-hide:all">Preview</div><p>Text</p>', "<p>Text</p>"),
        ('<div style="display:none">An answer</div><p>Text</p>', "<div>An answer</div><p>Text</p>"),
        ('<a href="mailto:a@example.org">x</a>', '<a href="mailto:a@example.org">x</a>'),
        ("<p> &nbsp; </p>", ""),
        ("", ""),
        ("<", "&lt;"),
        (
            "<iframe src='https://example.org/'>inside</iframe>after",
            '<p><a href="https://example.org/">example.org</a></p>after',
        ),
        ("<svg><script>steal()</script></svg>after", "after"),
        ("<form><input name=a><p>Text</p></form>", ""),
        ("a\x00b\x0bc\ufffe", "ab c"),
        (
            '[caption id="a" width="3"]<img src="/a.png" alt="q"> The quay[/caption] [gallery ids="1"]',
            '<img src="https://example.org/a.png" alt="q"> The quay',
        ),
        ("[embed]https://example.org/v[/embed] [video] [1]", "https://example.org/v [video] [1]"),
        ("<section>It sails</section><section>at ten</section>", "<div>It sails</div><div>at ten</div>"),
        ("<details><summary>More</summary>It sails</details>", "<div><div>More</div>It sails</div>"),
        (
            "<p>It sails.</p><p>The post <a href=/a>A. B</a> appeared first on <a href=/>Port.org</a>.</p>",
            "<p>It sails.</p>",
        ),
        ("<p>L’article <a href=/a>A</a> est apparu en premier sur <a href=/>Port</a>.</p>x", "x"),
        ("<p>Het bericht <a href=/a>A</a> verscheen eerst op <a href=/>Port</a>.</p>x", "x"),
        ("<p>Der Beitrag <a href=/a>A</a> erschien zuerst auf <a href=/>Port</a>.</p>x", "x"),
        ("<p>The post A appeared first on Monday.</p>", "<p>The post A appeared first on Monday.</p>"),
        (
            '<a href="/cdn-cgi/l/email-protection" data-cfemail="2a4b6a480445584d">[email&#160;protected]</a>',
            '<a href="mailto:a@b.org">a@b.org</a>',
        ),
        ('<a href="/cdn-cgi/l/email-protection#2a4b6a480445584d">us</a>', '<a href="mailto:a@b.org">us</a>'),
        ('<span data-cfemail="2a4b6a480445584d">[email\xa0protected]</span>', "<span>a@b.org</span>"),
        ('<span data-cfemail="2a4b6a">x</span>', "<span>x</span>"),
        (
            DRUPAL,
            "<div><p>It sails.</p></div>",
        ),
        (
            '<a href="/a">The report<span class="sr-only"> (opens in a new tab)</span></a>.',
            '<a href="https://example.org/a">The report</a>.',
        ),
        (
            '<p><a href="/a"><i></i><span class="icon visually-hidden">Facebook</span></a></p>',
            '<p><a href="https://example.org/a"><i></i><span>Facebook</span></a></p>',
        ),
    ],
)
def test_allowed_html_stays_and_other_html_goes(raw: str, clean: str) -> None:
    assert clean == safe_html(raw, base=BASE)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (
            '<img src="/a.jpg" alt="A quay" width="300" height="200px">',
            '<img src="https://example.org/a.jpg" alt="A quay" width="300" height="200">',
        ),
        ('<img src="/a.jpg">', '<img src="https://example.org/a.jpg" alt="">'),
        (
            '<img src="data:image/gif;base64,R0" data-src="/late.jpg">',
            '<img src="https://example.org/late.jpg" alt="">',
        ),
        ('<img src="data:image/gif;base64,R0">', ""),
        ('<p>x<img src="/p.gif" width="1" height="1"></p>', "<p>x</p>"),
        ('<p>x<img src="/p.gif" style="display: none"></p>', "<p>x</p>"),
        ('<p>x<img src="/p.gif" style="width:1px;height:1px"></p>', "<p>x</p>"),
    ],
)
def test_pictures_keep_size_and_words_and_pixels_go(raw: str, clean: str) -> None:
    assert _attributes(clean) == _attributes(safe_html(raw, base=BASE))


def _attributes(markup: str) -> list[tuple[object, dict[str, str]]]:
    return [
        (element.tag, dict(element.attrib)) for element in html.fragment_fromstring(markup, create_parent=True).iter()
    ]


LATE = "https://example.org/late.jpg"


@pytest.mark.parametrize(
    "raw",
    [
        '<img src="data:image/gif;base64,R0" data-original="/late.jpg">',
        '<img data-lazy-src="/late.jpg">',
        '<img src="/img/placeholder.png" data-src="/late.jpg">',
        '<img src="/blank.gif" data-big-picture="https://example.org/late.jpg">',
        '<img srcset="/small.jpg 300w, /late.jpg 1200w, /huge.jpg 4000w">',
        '<img src="data:," data-srcset="/late.jpg 1x, /double.jpg 2x">',
        '<picture><source srcset="/late.jpg 800w"><img src="data:,"></picture>',
        '<img src="data:," class="lazy"><noscript><img src="/late.jpg"> Enable JavaScript!</noscript>',
        '<img data-src="/late.jpg"><noscript><img src="/late.jpg"></noscript>',
        '<amp-img src="/late.jpg" width="300"></amp-img>',
    ],
)
def test_a_picture_that_waits_for_a_script_is_a_picture(raw: str) -> None:
    pictures = html.fragment_fromstring(safe_html(raw, base=BASE), create_parent=True).findall(".//img")

    assert [picture.get("src") for picture in pictures] == [LATE]
    assert "JavaScript" not in safe_html(raw, base=BASE)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (
            '<p>See:</p><iframe src="https://www.youtube.com/embed/abc" title="The debate"></iframe>',
            '<p>See:</p><p><a href="https://www.youtube.com/embed/abc">The debate (youtube.com)</a></p>',
        ),
        (
            '<iframe src="about:blank" data-src="//player.example.org/1"></iframe>',
            '<p><a href="https://player.example.org/1">player.example.org</a></p>',
        ),
        (
            "<p>Hear <audio src='/talk%20one.mp3'>no player</audio> now</p>",
            '<p>Hear <a href="https://example.org/talk%20one.mp3">talk one.mp3</a> now</p>',
        ),
        (
            '<video aria-label="The quay"><source src="/q.mp4" type="video/mp4"><source src="/q.webm"></video>x',
            '<p><a href="https://example.org/q.mp4">The quay</a></p>x',
        ),
        (
            '<object data="/plan.pdf"><param name="movie" value="/no.swf"><embed src="/no.swf"></object>',
            '<p><a href="https://example.org/plan.pdf">example.org</a></p>',
        ),
        (
            '<object><param name="quality" value="/q"><param name="Movie" value=" /film.swf "></object>',
            '<p><a href="https://example.org/film.swf">example.org</a></p>',
        ),
        ('<embed src="/a.swf"><p>after</p>', '<p><a href="https://example.org/a.swf">example.org</a></p><p>after</p>'),
        ("<object><p>instead</p></object>", "<p>instead</p>"),
        ('<iframe src="https://t.example/ns.html" width="0" height="0"></iframe>x', "x"),
        ('<iframe src="https://t.example/ns.html" style="display:none"></iframe>x', "x"),
        (
            (
                '<iframe src="data:," data-src="https://e.org/1"></iframe><noscript><iframe src="https://e.org/1"></iframe>'
                "</noscript>"
            ),
            '<p><a href="https://e.org/1">e.org</a></p>',
        ),
        (
            "<figure><video src='/q.mp4'></video></figure>",
            '<figure><p><a href="https://example.org/q.mp4">q.mp4</a></p></figure>',
        ),
    ],
)
def test_players_and_frames_leave_a_link_with_a_name(raw: str, clean: str) -> None:
    assert safe_html(raw, base=BASE) == clean
    assert safe_html(clean, base=BASE) == clean


def test_a_player_without_an_address_is_told() -> None:
    assert clean_html("<iframe src='/embed/1'></iframe>").lost == ("/embed/1",)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>It sails.</p><p><a href='#more-7'>Read more »</a></p>", "<p>It sails.</p>"),
        ("<p>It sails.</p> <a href=''>Continue reading <span>Ferry</span></a>", "<p>It sails.</p> <a>Continue"),
        ("<p>It sails.</p> <a href='/ferry'>Continue reading <span>Ferry</span></a>", "<p>It sails.</p>"),
        ("<p>It sails.</p><p><a href='/ferry'>Read more</a></p><p></p><p>&nbsp;</p>", "<p>It sails.</p>"),
        ("<p>It sails. <a href='/ferry'>Read more</a></p>", "Read more"),
        ("<p>It sails.</p><p><a href='/ferry'>Read more</a></p><p><img src='/a.png'></p>", "Read more"),
        ("<p>It sails.</p><p><a href='/other'>Read more</a></p>", "Read more"),
    ],
)
def test_a_last_link_to_the_item_itself_goes(raw: str, clean: str) -> None:
    assert clean in safe_html(raw, base="https://example.org/ferry")
    assert ("Read more" in clean) is ("Read more" in safe_html(raw, base="https://example.org/ferry"))


def test_tracking_stays_when_asked_for() -> None:
    raw = '<a href="https://example.org/?utm_source=x">x</a><img src="https://example.org/p.gif" width="1" alt="">'

    assert _attributes(raw) == _attributes(safe_html(raw, keep_tracking=True))


@pytest.mark.parametrize(
    ("address", "without"),
    [
        ("https://example.org/a?utm_source=x&id=3&fbclid=y#part", "https://example.org/a?id=3#part"),
        ("https://example.org/a?utm_source=x", "https://example.org/a"),
        ("https://example.org/a?b=%2F&c=&d", "https://example.org/a?b=%2F&c=&d"),
        ("https://example.org/a?pkg=1&attend=2", "https://example.org/a?pkg=1&attend=2"),
        ("http://[", "http://["),
    ],
)
def test_parameters_that_tell_readers_apart_are_taken_out(address: str, without: str) -> None:
    assert without == without_tracking(address)


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("/a b", "https://example.org/a%20b"),
        ("http://[", ""),
        ("javascript:x", ""),
        ("//other.example/x", "https://other.example/x"),
    ],
)
def test_addresses_are_absolute_or_nothing(address: str, whole: str) -> None:
    assert whole == absolute(address, BASE)


def test_the_words_of_html() -> None:
    clean = safe_html("<h2>Title</h2><p>One\n two<br>three</p><ul><li>four<li><b>fi</b>ve</ul>six")

    assert "Title\n\nOne two\nthree\n\nfour\n\nfive\n\nsix" == text_of(clean)


def test_the_words_of_a_table_and_of_lines() -> None:
    clean = safe_html(
        "<table><tr><td>Tram</td><td>4</td></tr><tr><th>Bus</th></tr></table>"
        "<pre>a\n  b</pre><p>sea<wbr>side, 14&nbsp;h</p>"
    )

    assert "Tram 4\nBus\n\na\nb\n\nseaside, 14\u00a0h" == text_of(clean)


@pytest.mark.parametrize(("raw", "line"), [("A &amp; B", "A & B"), ("<b>A</b>\n B", "A B"), ("a < b", "a < b")])
def test_a_title_is_one_line_without_marks(raw: str, line: str) -> None:
    assert line == line_of(raw)


@pytest.mark.parametrize(
    "title",
    [
        "How to use <details>",
        "<b> is a tag",
        "<script>alert(1)</script>",
        "vector<int> in <details>x</details>",
        "a<b>c",
    ],
)
def test_words_in_a_title_stay_words(title: str) -> None:
    assert line_of(title) == title


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("<em>New</em> at <b class='x'>ten</b><br>o'clock", "New at ten o'clock"),
        ("<p>Title</p>", "Title"),
        ("H<sub>2</sub>O &amp; <i>more</I>", "H2O & more"),
    ],
)
def test_marks_in_a_title_are_marks(title: str, words: str) -> None:
    assert line_of(title) == words


@pytest.mark.parametrize("words", ["<b> is a tag", "<?php", "<!-- not a remark", "<script>alert(1)</script>", "a & b"])
def test_words_that_look_like_marks_stay_words(words: str) -> None:
    assert words == text_of(safe_html(escape(words)))


@pytest.mark.parametrize(
    "raw", ["<svg><style><img src=https://example.org/p.gif width=1>", "<h1><td>a<p>", "<table>&lt;?"]
)
def test_html_that_parsers_read_differently_is_cleaned_in_one_pass(raw: str) -> None:
    clean = safe_html(raw, base=BASE)

    assert "<img" not in clean
    assert clean == safe_html(clean, base=BASE)


def test_deep_nesting_is_no_way_to_stop_us() -> None:
    deep = "<div>" * 100_000 + "<img src='https://example.org/a.png'>x"

    assert text_of(safe_html(deep)) in ("", "x")


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<a href='",
        "'>",
        "<img src=",
        "<script>",
        "</script>",
        "<svg>",
        "<math>",
        "<!--",
        "-->",
        "<h1>",
        "<table>",
        "<td>",
        "<style>",
        "javascript:",
        "&lt;",
        "&#0;",
        "<![CDATA[",
        "]]>",
        "\x00",
        " onload=x",
        "<iframe src=",
        "<video>",
        "<object data=/x>",
        "<noscript>",
        "<embed src='/x'>",
        " srcset='/a 1x'",
        "<source src=/y>",
        "/>",
        "text",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=25).map("".join))
def test_nothing_but_what_is_listed_is_ever_left(raw: str) -> None:
    clean = safe_html(raw, base=BASE)

    assert clean == safe_html(clean, base=BASE)
    for element in html.fragment_fromstring(clean, create_parent="div").iter():
        assert element.tag in TAGS
        assert set(element.attrib) <= ATTRIBUTES["*"] | ATTRIBUTES.get(element.tag, set())
        for name in {"href", "src", "cite"} & set(element.attrib):
            assert element.attrib[name].partition(":")[0] in SCHEMES
    assert "\x00" not in text_of(clean)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<a href="//example.org/a">a</a>', '<a href="https://example.org/a">a</a>'),
        ('<img src="//example.org/a.png" alt="a">', '<img src="https://example.org/a.png" alt="a">'),
        ('<img srcset="//example.org/a.png 2x" alt="">', '<img alt="" src="https://example.org/a.png">'),
        ('<iframe src="//example.org/film"></iframe>', '<p><a href="https://example.org/film">example.org</a></p>'),
        ('<video src="//example.org/a.mp4"></video>', '<p><a href="https://example.org/a.mp4">a.mp4</a></p>'),
    ],
)
def test_an_address_without_a_scheme_is_one_of_the_web(written: str, shown: str) -> None:
    assert safe_html(f"<p>Text.</p>{written}") == f"<p>Text.</p>{shown}"


@pytest.mark.parametrize(
    "added",
    [
        '<div class="sharedaddy sd-sharing-enabled"><h3>Share this:</h3><a href="https://x.example/">X</a></div>',
        '<div id="jp-relatedposts" class="jp-relatedposts"><h3>Related</h3></div>',
        '<p><a class="a2a_button addtoany_share_save_container" href="https://www.addtoany.com/share">Share</a></p>',
        '<div class="feedflare"><a href="http://feeds.feedburner.com/~ff/P"><img src="https://f.example/a"></a></div>',
    ],
)
def test_buttons_to_share_a_text_are_no_part_of_it(added: str) -> None:
    assert safe_html(f"<p>It sails.</p>{added}").removesuffix("<p></p>") == "<p>It sails.</p>"
