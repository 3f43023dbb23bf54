"""Numbers that the outbox has already are not given again; of editions, `test_traces` says so."""

from pathlib import Path

from publisher.compose.edition_numbers import highest_notice


def test_notices_have_numbers_of_their_own(tmp_path: Path) -> None:
    assert 0 == highest_notice(tmp_path)
    for name in ("0002-news-failing", "0010-weekly-3-review", "other"):
        (tmp_path / "notices" / name).mkdir(parents=True)
    (tmp_path / "weekly-99").mkdir()
    assert 10 == highest_notice(tmp_path)
