from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import ConfigurationError, InvalidSettingError, UnreachableError
from cbtool.shipped import shipped_profiles, shipped_scenarios
from cbtool.small_files import LARGEST
from cbtool.toml.lines import key_lines
from cbtool.toml.tables import Source, Table, did_you_mean, read_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.toml.lines import KeyPath


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def table(text: str) -> Table:
    source = Source(text, "f.toml")
    return Table(source, source.data)


def message_of(act: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        act()
    return str(caught.value)


# Where keys stand ------------------------------------------------------------------------------------

EVERY_KIND_OF_PLACE = '''\
# rate = 1
a.b . c = 1
"q.x" = [ 1,
  2, # ] }
  {z = 1, "y y".p = """
"} \\""" ] """""}, [3,
  4]]
d = 1979-05-27 07:32:00 # x = 2
'l' = {}
[t]
m = \'\'\'rate = 5
[x]
\'\'\'
[[p]]
  rate = 1
[p.sub]
k = 2
[[p]]
[[p.n]]
[[p.n]]
rate  =  "[[p]]"
[ "t" . u ]
e = []
[late.child]
k = 1
[late]
k = true
[p.more]
k = "#"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("a", "b"), 2),
        (("a", "b", "c"), 2),
        (("q.x",), 3),
        (("q.x", 0), 3),
        (("q.x", 1), 4),
        (("q.x", 2), 5),
        (("q.x", 2, "z"), 5),
        (("q.x", 2, "y y", "p"), 5),
        (("q.x", 3), 6),
        (("q.x", 3, 1), 7),
        (("d",), 8),
        (("l",), 9),
        (("t",), 10),
        (("t", "m"), 11),
        (("p",), 14),
        (("p", 0), 14),
        (("p", 0, "rate"), 15),
        (("p", 0, "sub"), 16),
        (("p", 0, "sub", "k"), 17),
        (("p", 1), 18),
        (("p", 1, "n", 0), 19),
        (("p", 1, "n", 1), 20),
        (("p", 1, "n", 1, "rate"), 21),
        (("t", "u"), 22),
        (("t", "u", "e"), 23),
        (("late", "child", "k"), 25),
        (("late",), 26),
        (("late", "k"), 27),
        (("p", 1, "more", "k"), 29),
    ],
)
def test_every_key_has_its_line(path: KeyPath, line: int) -> None:
    assert key_lines(EVERY_KIND_OF_PLACE)[path] == line


def test_windows_line_ends_and_separators_inside_texts_count_as_one_line_each() -> None:
    lines = key_lines('a = 1\r\nb = "\u2028\x85"\r\n\r\nc = 3\r\n')
    assert (lines["a",], lines["b",], lines["c",]) == (1, 2, 4)


def test_a_key_that_is_missing_is_where_its_table_is() -> None:
    source = Source("x = 1\n[a]\n[a.b]\ny = 1\n", "f.toml")
    assert [source.line_of(path) for path in [("a", "b", "z"), ("a", "z"), ("z",), ()]] == [3, 2, 1, 1]


@pytest.mark.parametrize("path", [*shipped_profiles().values(), *shipped_scenarios().values()], ids=str)
def test_in_every_shipped_file_a_keys_line_holds_the_key(path: Path) -> None:
    text = path.read_text()
    found = key_lines(text)
    lines = text.split("\n")
    assert found
    for key_path, number in found.items():
        name = next(part for part in reversed(key_path) if isinstance(part, str))
        assert name in lines[number - 1]


KEYS = st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=["Cc"]), max_size=8)
SCALARS = st.sampled_from(
    ["1", "-2.5e3", "true", "'#'", '"[x]"', '"\\"]"', '"""\n"\n"""', "'''\n'''", "2020-01-01 10:00:00Z", "[]"]
)


@given(st.dictionaries(KEYS, st.lists(SCALARS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_arrays_of_anything_under_any_key_keep_their_lines(content: dict[str, list[str]]) -> None:
    text, expected = "", {}
    for key, values in content.items():
        text += "# [comment]\n"
        expected[key,] = text.count("\n") + 1
        text += f'  "{key}" = [ # }}\n'
        for index, value in enumerate(values):
            expected[key, index] = text.count("\n") + 1
            text += f"\t{value} ,\n"
        text += "] # end\n"
    found = key_lines(text)
    assert Source(text, "f").data.keys() == content.keys()
    assert {path: found[path] for path in expected} == expected


# What a value must be --------------------------------------------------------------------------------


def test_getters_return_what_stands_there() -> None:
    given = table(
        's = "x"\ni = 3\nf = 2\nb = true\nt = ["a"]\nn = [1, 2]\nd = "1m30s"\ndn = 0.5\nr = "300/m"\n'
        'p = "12.5%"\nc = "green"\n'
    )
    assert (given.text("s"), given.integer("i"), given.number("f"), given.boolean("b")) == ("x", 3, 2.0, True)
    assert (given.texts("t"), given.integers("n")) == (("a",), (1, 2))
    assert (given.duration("d"), given.duration("dn"), given.rate("r"), given.percent("p")) == (
        90.0,
        0.5,
        5.0,
        12.5,
    )
    assert given.choice("c", Colour) is Colour.GREEN
    given.finish()


def test_absent_keys_are_none() -> None:
    empty = table("")
    assert [empty.text("k"), empty.integer("k"), empty.duration("k"), empty.texts("k"), empty.table("k")] == (
        [None] * 5
    )
    assert empty.tables("k") == []


def test_a_bare_number_is_kept_to_the_last_bit() -> None:
    exact = 33.333333333333336
    assert table(f"k = {exact!r}").percent("k") == exact
    assert table("k = 1e-12").duration("k") == 1e-12


@pytest.mark.parametrize(
    ("text", "get", "message"),
    [
        ("k = 1", lambda t: t.text("k"), "k must be a string in quotes (got 1)"),
        ('k = "1"', lambda t: t.integer("k"), "k must be a whole number (got '1')"),
        ("k = 1.0", lambda t: t.integer("k"), "k must be a whole number (got 1.0)"),
        ("k = true", lambda t: t.integer("k"), "k must be a whole number (got True)"),
        ("k = false", lambda t: t.number("k"), "k must be a number (got False)"),
        ("k = nan", lambda t: t.number("k"), "k must be a number (got nan)"),
        ("k = -inf", lambda t: t.number("k"), "k must be a number (got -inf)"),
        ("k = 9223372036854775808", lambda t: t.integer("k"), "(got one of more than 64 bits)"),
        ("k = 0", lambda t: t.boolean("k"), "k must be true or false (got 0)"),
        ("k = 'red'", lambda t: t.texts("k"), "k must be an array of strings in quotes (got 'red')"),
        ("k = [true]", lambda t: t.integers("k"), "k must be an array of whole numbers (got True in it)"),
        ("k = -1", lambda t: t.duration("k"), 'k must be a duration such as "30s" (got -1)'),
        ("k = 'soon'", lambda t: t.duration("k"), "k must be a duration such as \"30s\" (got 'soon')"),
        ("k = 07:32:00", lambda t: t.duration("k"), 'k must be a duration such as "30s" (got datetime.time'),
        ("k = '9/x'", lambda t: t.rate("k"), "k must be a rate such as \"50/s\" (got '9/x')"),
        ("k = 101", lambda t: t.percent("k"), "k must be a percentage from 0 to 100 (got 101)"),
        ("k = '150%'", lambda t: t.percent("k"), "k must be a percentage from 0 to 100 (got '150%')"),
        (
            "k = 'gren'",
            lambda t: t.choice("k", Colour),
            "one of red, green (got 'gren'); did you mean 'green'?",
        ),
        ("k = 'x'", lambda t: t.choice("k", Colour), "k must be one of red, green (got 'x')"),
        ("k = 1", lambda t: t.table("k"), "k must be a table (got 1)"),
        ("k = [1]", lambda t: t.tables("k"), "k must be an array of tables, [[k]] (got 1 in it)"),
        ("[k]", lambda t: t.tables("k"), "k must be an array of tables, [[k]] (got {})"),
    ],
)
def test_wrong_values(text: str, get: Callable[[Table], object], message: str) -> None:
    told = message_of(lambda: get(table("\n" + text)))
    assert told.startswith("f.toml:2: ")
    assert message in told


def test_a_wrong_element_is_named_on_its_own_line() -> None:
    told = message_of(lambda: table('k = [\n "a",\n "b",\n 3,\n]').texts("k"))
    assert told == "f.toml:4: k must be an array of strings in quotes (got 3 in it)"


def test_a_long_wrong_value_is_cut() -> None:
    told = message_of(lambda: table(f"k = '{'x' * 500}'").integer("k"))
    assert len(told) < 120
    assert "…" in told


def test_an_integer_of_thousands_of_digits_is_told_not_printed() -> None:
    told = message_of(lambda: table(f"k = 0x{'f' * 5000}").text("k"))
    assert told == "f.toml:1: k must be a string in quotes (got a number of thousands of digits)"


# Unknown keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("colr", "; did you mean 'colour'?"),
        ("failureRateThreshold", "; did you mean 'failure_rate_threshold'?"),
        ("failure-rate-threshold", "; did you mean 'failure_rate_threshold'?"),
        ("zzz", "; known: colour, failure_rate_threshold"),
    ],
)
def test_the_nearest_right_name(word: str, ending: str) -> None:
    assert did_you_mean(word, ["colour", "failure_rate_threshold"]) == ending


def test_of_many_known_names_only_the_likeliest_are_listed() -> None:
    assert did_you_mean("zzz", [f"name_{n}" for n in range(20)]).count("name_") == 5
    assert did_you_mean("zzz", []) == ""


def test_unknown_keys_are_refused_on_their_line() -> None:
    given = table("colour = 'red'\ncolor = 'red'\n")
    given.text("colour")
    assert message_of(given.finish) == "f.toml:2: unknown key 'color'; did you mean 'colour'?"


def test_unknown_keys_name_their_table() -> None:
    inner = table("[a]\n[a.b]\n'x.y' = 1\n").table("a")
    assert inner is not None
    below = inner.table("b")
    assert below is not None
    assert message_of(below.finish).startswith("f.toml:3: unknown key 'x.y' in [a.b]")


def test_unknown_keys_name_their_element() -> None:
    third = table("[[p]]\n[[p]]\n[[p]]\nk = 1\nj = 2\n").tables("p")[2]
    third.integer("k")
    assert message_of(third.finish) == "f.toml:5: unknown key 'j' in [[p]] 3; known: k"


def test_keys_of_another_table_are_sent_there() -> None:
    assert message_of(lambda: table("k = 1").finish({"k": "belongs under [t]"})) == (
        "f.toml:1: k belongs under [t]"
    )


def test_a_broken_rule_is_placed_at_its_field() -> None:
    given = table("a = 1\n[t]\nfield = 3\n")
    error = InvalidSettingError("t.field", "must be 4", 3)
    assert str(given.located(error)) == "f.toml:3: t.field must be 4 (got 3)"


# Files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\na = 2\n", "f.toml:2: not valid TOML"),
        ("a = \n", "f.toml:1: not valid TOML"),
        ("\n\n[t\n", "f.toml:3: not valid TOML"),
        (f"a = {'[' * 5000}{']' * 5000}", "f.toml: not a configuration: nested too deeply"),
        (f"a = {'9' * 5000}", "f.toml: not a configuration: a number of thousands of digits"),
    ],
)
def test_texts_that_are_not_toml(text: str, message: str) -> None:
    assert message_of(lambda: Source(text, "f.toml")).startswith(message)


def test_deep_nesting_within_the_parsers_limit_still_gives_an_error_line() -> None:
    given = table(f"a = {'[' * 350}{']' * 350}\nb = 1\n")
    assert message_of(lambda: given.text("a")).startswith("f.toml:1: a must be")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_source(path).data == {"a": 1}


def test_other_encodings_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"a = 1\nb = '\xe9'\n")
    assert message_of(lambda: read_source(path)) == f"{path}:2: not valid TOML: not UTF-8 text"


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"#" * (LARGEST + 1))
    assert message_of(lambda: read_source(path)) == f"{path}: over 1 MB, so not a configuration file"


@pytest.mark.parametrize("name", ["absent.toml", ".", "nul\0.toml"])
def test_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreachableError, match="cannot be read: "):
        read_source(Path(f"{tmp_path}/{name}"))
