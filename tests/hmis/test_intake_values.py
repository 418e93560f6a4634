"""Values of a file, one by one: dates, numbers, money, SSNs, encodings, records with broken quotes."""

import io
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adminops import clock
from adminops.hmis.intake.dates import Form, read_date
from adminops.hmis.intake.decoding import EncodingProbe
from adminops.hmis.intake.problems import ERROR, Problem, ProblemLog, mask
from adminops.hmis.intake.records import BrokenRecord, Records
from adminops.hmis.intake.values import Flawed, RejectedLine, reader_for
from adminops.hmis.spec import ColumnSpec, current

COLUMNS = {
    "date": ColumnSpec("EntryDate", "date"),
    "time": ColumnSpec("DateUpdated", "datetime"),
    "int": ColumnSpec("PITCount", "int"),
    "money": ColumnSpec("EarnedAmount", "money"),
    "ssn": current().by_name["Client"].by_name["SSN"],
    "key": current().by_name["Client"].by_name["PersonalID"],
    "phone": current().by_name["User"].by_name["UserPhone"],
    "email": current().by_name["User"].by_name["UserEmail"],
}


@pytest.mark.parametrize(
    ("written", "date", "form"),
    [
        ("2022-01-31", "2022-01-31", Form.HUD),
        ("2022-1-5", "2022-01-05", Form.HUD),
        ("2022-01-31 14:05:00", "2022-01-31", Form.HUD),
        ("2022-01-31T14:05:00Z", "2022-01-31", Form.HUD),
        ("2022/01/31", "2022-01-31", Form.HUD),
        ("01/31/2022", "2022-01-31", Form.OTHER),
        ("01-31-22", "2022-01-31", Form.OTHER),
        ("02-07-2023 12:00:00", "2023-02-07", Form.AMBIGUOUS),
        ("3/3/2023", "2023-03-03", Form.OTHER),
        ("03-11-21", "2021-03-11", Form.AMBIGUOUS),
        ("12/31/1999 11:59:59 PM", "1999-12-31", Form.OTHER),
        ("8-may-1967 08:30", "1967-05-08", Form.OTHER),
        ("08-MAY-67", "1967-05-08", Form.OTHER),
        ("8 May 2004", "2004-05-08", Form.OTHER),
        ("May 8, 2004", "2004-05-08", Form.OTHER),
        ("20220131", "2022-01-31", Form.OTHER),
    ],
)
def test_dates_are_understood_as_vendors_write_them(written: str, date: str, form: Form):
    found = read_date(written)
    assert found is not None
    assert (found.moment.date().isoformat(), found.form) == (date, form)


@pytest.mark.parametrize(
    "written", ["2022-02-30", "31/12/2022", "13-13-2022", "yesterday", "2022", "00/00/0000", "8-XYZ-22", "1/2/3"]
)
def test_what_is_no_date_is_none(written: str):
    assert read_date(written) is None


@pytest.mark.parametrize(("short", "year"), [("25", 2025), ("26", 2026), ("27", 1927), ("67", 1967), ("00", 2000)])
def test_two_digit_years_up_to_next_year_are_of_this_century(short: str, year: int):
    with clock.frozen_at(datetime(2025, 6, 1, tzinfo=UTC)):
        found = read_date(f"08-MAY-{short}")
    assert found is not None
    assert found.moment.year == year


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2022-01-31 14:05:09", "2022-01-31 14:05:09"),
        ("2022-01-31", "2022-01-31 00:00:00"),
        ("2022-01-31T14:05:09.123", "2022-01-31 14:05:09"),
        ("01/31/2022 2:05:09 PM", "2022-01-31 14:05:09"),
        ("01/31/2022 12:05 am", "2022-01-31 00:05:00"),
        ("2022-01-31 14:05+02", "2022-01-31 14:05:00"),
        ("03-11-21 14:05", "2021-03-11 14:05:00"),
        ("08-MAY-67", "1967-05-08 00:00:00"),
        ("", ""),
    ],
)
def test_times_are_stored_in_one_form(written: str, stored: str):
    assert reader_for(COLUMNS["time"])[written] == stored


@pytest.mark.parametrize(
    "written", ["2022-01-31 25:00:00", "2022-13-31 10:00:00", "2022-01-31 140509.1", "01/31/2022 13:05:09 PM", "x" * 19]
)
def test_what_is_no_time_is_lost_to_the_column(written: str):
    with pytest.raises(Flawed) as flawed:
        reader_for(COLUMNS["time"])[written]
    assert flawed.value.lost
    assert flawed.value.value == ""


@pytest.mark.parametrize(("written", "stored"), [("7", "7"), ("007", "7"), (" 7 ", "7"), ("-3", "-3"), ("7.00", "7")])
def test_whole_numbers(written: str, stored: str):
    assert reader_for(COLUMNS["int"])[written] == stored


@pytest.mark.parametrize(
    ("written", "cents"),
    [("1250.50", "125050"), ("0", "0"), ("$1,250.5", "125050"), ("1250.500", "125050"), (".5", "50"), ("", "")],
)
def test_money_is_read_into_cents(written: str, cents: str):
    assert reader_for(COLUMNS["money"])[written] == cents


@pytest.mark.parametrize("written", ["12.345", "1,25", "1e3", "NaN", "ten", ".", "9" * 30])
def test_what_is_no_money_is_lost_to_the_column(written: str):
    with pytest.raises(Flawed) as flawed:
        reader_for(COLUMNS["money"])[written]
    assert flawed.value.lost


def test_a_debt_is_kept_and_flagged():
    with pytest.raises(Flawed) as flawed:
        reader_for(COLUMNS["money"])["-12.00"]
    assert (flawed.value.value, flawed.value.lost, flawed.value.severity) == ("-1200", False, "warning")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("219450817", "219450817"),
        ("219-45-0817", "219450817"),
        ("XXXXX0817", "xxxxx0817"),
        ("xxx-xx-0817", "xxxxx0817"),
        ("A" * 64, "a" * 64),
        ("0817" + "a" * 64, "0817" + "a" * 64),
        ("  ", ""),
    ],
)
def test_ssns(written: str, stored: str):
    assert reader_for(COLUMNS["ssn"])[written] == stored


def test_an_ssn_of_another_shape_is_kept_and_flagged_and_a_very_long_one_lost():
    with pytest.raises(Flawed) as flawed:
        reader_for(COLUMNS["ssn"])["0817"]
    assert (flawed.value.value, flawed.value.rule) == ("0817", "bad-pattern")
    with pytest.raises(Flawed) as flawed:
        reader_for(COLUMNS["ssn"])["1" * 90]
    assert flawed.value.lost


def test_an_ssn_is_not_remembered_by_its_reader():
    reader = reader_for(COLUMNS["ssn"])
    assert reader["219450817"] == "219450817"
    assert "219450817" not in reader


def test_keys_are_needed():
    reader = reader_for(COLUMNS["key"])
    assert reader[" 12 "] == "12"
    for wrong in ("", "  ", "9" * 33):
        with pytest.raises(RejectedLine):
            reader[wrong]


def test_patterns_are_flagged_and_the_value_kept():
    for column, wrong in (("phone", "1234567890"), ("email", "nobody")):
        with pytest.raises(Flawed) as flawed:
            reader_for(COLUMNS[column])[wrong]
        assert flawed.value.value == wrong


def test_every_column_of_the_specification_has_a_reader_that_takes_its_blank_or_says_so():
    for file in current().files:
        for column in file.columns:
            reader = reader_for(column)
            if column.nullable:
                assert reader[""] == "", column.name
            else:
                with pytest.raises((Flawed, RejectedLine)):
                    reader[""]


# --- encodings ---


def encoding_of(content: bytes) -> str:
    probe = EncodingProbe()
    for start in range(0, len(content), 7):
        probe.feed(content[start : start + 7])
    return probe.result().title


@pytest.mark.parametrize(
    ("codec", "title"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
        ("mac_roman", "Mac Roman"),
    ],
)
def test_an_encoding_is_recognised_by_its_bytes(codec: str, title: str):
    assert encoding_of("PersonalID,FirstName\r\n1,José\r\n2,Zoë\r\n3,O’Neill\r\n".encode(codec)) == title


def test_plain_and_empty_files_are_utf8():
    assert encoding_of(b"PersonalID\r\n1\r\n") == "UTF-8"
    assert encoding_of(b"") == "UTF-8"


def test_a_file_that_ends_in_the_middle_of_a_letter_is_not_utf8():
    assert encoding_of("1,José".encode()[:-1]) == "Windows-1252"


# --- records ---


def records(text: str) -> Records:
    return Records(io.StringIO(text, newline=""))


def good(text: str) -> list[tuple[int, list[str]]]:
    return [(line, fields) for line, fields in records(text) if isinstance(fields, list)]


def broken(text: str) -> list[int]:
    return [line for line, fields in records(text) if isinstance(fields, BrokenRecord)]


def test_records_come_with_the_number_of_their_first_line():
    assert good('a,b\n1,2\n\n"3\n4",5\n6,7\n') == [(2, ["1", "2"]), (4, ["3\n4", "5"]), (6, ["6", "7"])]


def test_an_unclosed_quote_costs_one_line():
    text = 'a,b\n1,2\n3,"4\n' + "".join(f"{number},x\n" for number in range(500))
    assert broken(text) == [3]
    assert len(good(text)) == 501


def test_an_unclosed_quote_at_the_end_of_the_file_is_closed_there():
    assert good('a,b\n1,"2') == [(2, ["1", "2"])]
    reading = records('a,b\n1,"2\n3,4\n5,6\n7\n')
    reading.may_span_lines = [True, False]
    assert [line for line, fields in reading if isinstance(fields, BrokenRecord)] == [2, 5]


def test_a_quote_that_closes_in_another_line_does_not_swallow_lines_of_codes():
    reading = records('a,b\n1,"2\n3,4\n5,6"\n7,8\n')
    reading.may_span_lines = [False, False]
    found = list(reading)
    assert [line for line, fields in found if isinstance(fields, BrokenRecord)] == [2]
    assert [fields for _, fields in found if isinstance(fields, list)] == [["3", "4"], ["5", '6"'], ["7", "8"]]


def test_a_field_of_any_size_costs_its_line_at_most():
    assert broken("a,b\n" + "x" * 200_000 + ",1\n2,3\n") == [2]


@given(st.lists(st.lists(st.text('ab",\n\r x', max_size=6), min_size=2, max_size=4), max_size=30))
def test_no_text_stops_the_reading_and_no_line_is_counted_twice(rows: list[list[str]]):
    text = "a,b,c\n" + "\n".join(",".join(row) for row in rows)
    lines = [line for line, _ in records(text)]
    assert lines == sorted(set(lines))


# --- problems ---


def test_masking_keeps_the_shape_only():
    assert mask("Maria O'Neill 12") == "xxxxx x'xxxxx 99"
    assert len(mask("x" * 500)) == 121
    assert mask("a\x001\tb\x1b") == "x·9·x·"


def test_a_log_of_many_problems_can_be_read_while_it_grows():
    log = ProblemLog()
    for number in range(30_000):
        log.add(Problem("rule", ERROR, "Client.csv", "A sentence that says what is wrong." * 4, number))
    assert len(log) == 30_000
    assert [problem.line for problem in log.first(3)] == [0, 1, 2]
    log.note("other", "Exit.csv", "A remark.")
    assert [problem.line for problem in log][-2:] == [29_999, None]
    assert log.by_rule == {"rule": 30_000, "other": 1}


@given(st.text("0123456789-: T+.Zx/aAmMpP", max_size=22))
@example("20220101")
@example("2022-01-31 14:05+02")
def test_what_is_read_as_a_time_is_one(written: str):
    """What is stored must be of the one form that both databases read and compare."""
    try:
        stored = reader_for(COLUMNS["time"])[written]
    except Flawed as flawed:
        stored = flawed.value
    if stored:
        assert datetime.fromisoformat(stored).isoformat(" ", "seconds") == stored


@given(st.dates(), st.times(), st.sampled_from(["%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m-%d-%Y %H:%M:%S"]))
def test_times_of_all_forms_are_read_alike(day: date, hour: time, form: str):
    moment = datetime.combine(day, hour.replace(microsecond=0))
    written = moment.strftime(form).replace("%Y", f"{day.year:04}")
    if day.year >= 1000:  # strftime leaves out leading zeros
        assert reader_for(COLUMNS["time"])[written] == moment.isoformat(" ", "seconds")
