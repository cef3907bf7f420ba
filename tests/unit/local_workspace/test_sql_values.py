"""Values as text."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_workspace.sql.result import Column
from local_workspace.sql.values import as_text, rows_as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (-123456789.125, "-1.23456789125E8"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_doubles_are_written_as_java_writes_them(value, text):
    assert as_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_double_loses_anything(value):
    assert float(as_text(value)) == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_no_float_loses_anything_and_none_has_more_than_nine_digits(value):
    column = Column(name="x", position=0, type_name="FLOAT", type_text="FLOAT")
    ((text,),) = rows_as_text([(value,)], columns=[column])
    assert struct.pack("f", float(text)) == struct.pack("f", value)
    digits = text.lstrip("-").partition("E")[0].replace(".", "").strip("0")
    assert len(digits) <= 9


def test_what_json_cannot_say_is_text_in_an_array():
    assert as_text([math.nan, math.inf, None, True, 1.5]) == '["NaN","Infinity",null,true,1.5]'
