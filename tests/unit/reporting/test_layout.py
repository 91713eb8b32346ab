"""Lines of a fixed width, and what a terminal must not obey."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stitchback.reporting.escaping import harmless, visible
from stitchback.reporting.layout import (
    WIDTH,
    Line,
    aligned,
    bold,
    cells,
    columns,
    dim,
    flowing,
    listed,
    on_terminal,
    page,
    paint,
    plain,
    red,
    wrapped,
)

names = st.text(st.sampled_from("abc_./-ü界"), min_size=1, max_size=130)
texts = st.lists(names, max_size=12).map(" ".join)


def texts_of(lines: object) -> list[str]:
    return ["".join(words.plain for words in line) for line in lines]  # type: ignore[attr-defined]


@given(texts, st.integers(0, 30), st.integers(0, 10))
def test_no_line_is_wider_than_the_page(text: str, indent: int, hang: int) -> None:
    assert all(cells(line) <= WIDTH for line in texts_of(wrapped((plain(text),), indent, hang)))


@given(texts, st.integers(0, 30), st.integers(0, 10))
def test_wrapping_loses_no_letter(text: str, indent: int, hang: int) -> None:
    lines = texts_of(wrapped((plain(text),), indent, hang))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_names_stay_whole_where_they_fit() -> None:
    words = [f"{number:04d}_a_migration_with_a_name" for number in range(9)]
    lines = texts_of(flowing(plain("main"), words, 2, 12))
    assert all(line.startswith(" " * 17) for line in lines[1:])
    assert [
        name.strip(" ,") for line in lines for name in line.replace("main", "").split(",") if name.strip()
    ] == words


def test_a_word_of_two_styles_stays_on_one_line() -> None:
    line = [plain("x" * 97 + " "), red("ab"), plain("[c]")]
    assert [text.rstrip() for text in texts_of(wrapped(line))] == ["x" * 97, "ab[c]"]


def test_a_terminal_has_its_own_width() -> None:
    text = [plain("word " * 40)]
    with on_terminal(60), columns(90):
        assert max(map(cells, texts_of(wrapped(text)))) <= 60
    with columns(90):
        assert max(map(cells, texts_of(wrapped(text)))) > 80


def test_nothing_is_markup() -> None:
    assert (
        page([(bold("[red]x[/red] :smile: [link=http://a]"),)])
        == "\033[1m[red]x[/red] :smile: [link=http://a]\033[0m"
    )


def test_a_table_has_columns() -> None:
    lines = aligned([[(plain("a"),), (plain("b"),)], [(plain("long"),), (plain("c"), plain("d"))]], 2)
    assert lines is not None
    assert [paint(line) for line in lines] == ["  a      b", "  long   c", "         d"]


def test_a_table_that_is_too_wide_is_none() -> None:
    assert aligned([[(plain("a" * 60),), (plain("b" * 60),)]]) is None


def test_a_label_stands_once() -> None:
    lines = listed(plain("new"), [plain("one"), plain("two")], 2, 6)
    assert texts_of(lines) == ["  new      one", "           two"]


def test_what_a_terminal_obeys_is_spelled_out() -> None:
    assert visible("a\x1b[31mb\nc\u202ed\udcff") == "a\\x1b[31mb\\nc\\u202ed\\xff"
    assert visible("0003_größe_界") == "0003_größe_界"


def test_styles_are_put_on_runs_of_words() -> None:
    line: Line = (plain("  "), dim("a"), dim(" b"), plain("  "))
    assert paint(line) == "  \033[2ma b\033[0m"


def test_a_page_has_no_empty_lines_around_it() -> None:
    assert page([(), (plain("x"),), ()]) == "x"


class TestCommandsOfARunner:
    """GitHub's runner trims a line and obeys `::`; `##[` it obeys anywhere in a line."""

    def test_at_the_start_of_a_line(self) -> None:
        assert (
            harmless("a\n  ::stop-commands::x\n::add-mask::y")
            == "a\n  \\x3a:stop-commands::x\n\\x3a:add-mask::y"
        )

    def test_behind_a_style(self) -> None:
        assert harmless("\033[31m::error::x\033[0m") == "\033[31m\\x3a:error::x\033[0m"
        assert harmless("\033[31m:\033[0m\033[32m:error::x") == "\033[31m\\x3a\033[0m\033[32m:error::x"

    def test_the_old_form_anywhere(self) -> None:
        assert harmless("name ##[group]x") == "name \\x23#[group]x"
        assert harmless("#\033[0m#[group]") == "\\x23\033[0m#[group]"

    def test_what_no_runner_obeys_stays(self) -> None:
        text = "a::b, `c ::d`\n: e\n# [f] ## g"
        assert harmless(text) == text

    def test_a_page_is_harmless(self) -> None:
        assert page([(plain("  "), red(":"), plain(":warning::x"))]).lstrip().startswith("\033[31m\\x3a")
