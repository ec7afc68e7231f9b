"""Bytes into pieces: lines, partial lines, progress bars, characters cut in two, a limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runstone.client.transcript import BAR_SECONDS, PARTIAL_SECONDS, PIECE, Transcript


def said(*chunks: bytes, cap: int = 1 << 20) -> str:
    transcript = Transcript(cap)
    for chunk in chunks:
        transcript.feed("stdout", 0, chunk)
    return "".join(piece.text for piece in transcript.take(0, end=True))


def screen(text: str) -> list[str]:
    """What a terminal that clears the line at a carriage return shows."""
    return [([part for part in line.split("\r") if part] or [""])[-1] for line in text.split("\n")]


def test_whole_lines_come_at_once_and_in_order() -> None:
    transcript = Transcript(1000)
    transcript.feed("stdout", 1, b"a\nb\n")
    transcript.feed("stderr", 2, b"c\n")
    transcript.feed("stdout", 3, b"d\n")
    assert transcript.take(3) == [("stdout", 1, "a\nb\n"), ("stderr", 2, "c\n"), ("stdout", 3, "d\n")]
    assert transcript.take(4) == []


def test_part_of_a_line_comes_when_it_is_old() -> None:
    transcript = Transcript(1000)
    transcript.feed("stdout", 1000, b"loading")
    assert transcript.take(1000 + int(PARTIAL_SECONDS * 1000) - 1) == []
    assert transcript.take(1000 + int(PARTIAL_SECONDS * 1000)) == [("stdout", 1000, "loading")]
    transcript.feed("stdout", 9000, b" done\n")
    assert transcript.take(9000) == [("stdout", 9000, " done\n")]


def test_a_progress_bar_leaves_its_last_state() -> None:
    assert said(*(f"\r{n}%".encode() for n in range(101)), b"\nnext\n") == "100%\nnext\n"
    assert said(b"50%\r", b"60%\r", b"\n") == "60%\n"


def test_a_bar_that_lasts_is_shown_now_and_then() -> None:
    transcript = Transcript(10_000)
    pieces = []
    for second in range(60):
        transcript.feed("stderr", second * 1000, f"\r{second}%".encode())
        pieces += transcript.take(second * 1000)
    assert 60 / BAR_SECONDS - 3 <= len(pieces) <= 60 / BAR_SECONDS + 1
    whole = "".join(piece.text for piece in pieces + transcript.take(60_000, end=True))
    assert screen(whole) == ["59%"]


def test_windows_line_ends_are_line_ends() -> None:
    assert said(b"a\r\nb\r", b"\nc\r\n") == "a\nb\nc\n"


def test_a_character_cut_in_two_is_whole() -> None:
    data = "grün ✓\n".encode()
    assert said(*(data[i : i + 1] for i in range(len(data)))) == "grün ✓\n"
    assert said(b"\xff\xfe\n\xc3") == "\ufffd\ufffd\n\ufffd"


def test_the_limit_ends_with_a_note() -> None:
    text = said(b"0123456789\n" * 10, cap=25)
    assert text.startswith("0123456789\n0123456789\n012\n[runstone: ")
    assert text.count("\n[runstone") == 1
    transcript = Transcript(5)
    transcript.feed("stdout", 0, b"0123456789\n")
    transcript.take(0)
    transcript.feed("stdout", 0, b"more\n")
    assert transcript.take(0, end=True) == []


def test_long_output_is_cut_into_pieces() -> None:
    transcript = Transcript(1 << 30)
    transcript.feed("stdout", 0, b"x" * (3 * PIECE))
    pieces = transcript.take(0, end=True)
    assert max(len(piece.text) for piece in pieces) <= PIECE
    assert sum(len(piece.text) for piece in pieces) == 3 * PIECE


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=200), st.integers(1, 7))
def test_without_bars_nothing_is_changed(text: str, size: int) -> None:
    data = text.encode()
    assert said(*(data[i : i + size] for i in range(0, len(data), size))) == text


@given(st.lists(st.tuples(st.text("ab\r\n", max_size=8), st.integers(0, 6000)), max_size=30))
def test_the_pieces_show_what_the_screen_showed(steps: list[tuple[str, int]]) -> None:
    transcript, now, pieces = Transcript(1 << 20), 0, []
    for text, wait in steps:
        transcript.feed("stdout", now, text.encode())
        now += wait
        pieces += transcript.take(now)
    pieces += transcript.take(now, end=True)
    whole = "".join(text for text, _ in steps).replace("\r\n", "\n")
    assert screen("".join(piece.text for piece in pieces)) == screen(whole)
