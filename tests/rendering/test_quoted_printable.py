import quopri

from hypothesis import given
from hypothesis import strategies as st

from publisher.rendering import quoted_printable

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=400)


@given(texts | st.lists(st.sampled_from(["From ", "From", ".", " ", "\n", "é", "x" * 40, "="])).map("".join))
def test_encoded_text_is_read_back_and_has_lines_no_server_changes(text: str) -> None:
    encoded = quoted_printable.encode(text)

    lines = encoded.split(b"\r\n")
    assert text == quopri.decodestring(encoded).decode().replace("\r\n", "\n")
    assert all(len(line) <= 76 and b"\n" not in line and b"\r" not in line for line in lines)
    assert not any(line.startswith(b"From ") or line == b"." or line.endswith((b" ", b"\t")) for line in lines)


@given(st.lists(st.text(st.sampled_from("aé= \t\r\nFrom."), max_size=90), max_size=6))
def test_parts_make_the_same_bytes_as_the_whole(parts: list[str]) -> None:
    """A part that consists of whole lines is encoded separately."""
    assert quoted_printable.encode("".join(parts)) == b"".join(quoted_printable.encode_parts(parts))
