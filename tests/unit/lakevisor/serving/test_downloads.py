"""How the file behind an answer is called."""

import pytest

from lakevisor.serving.downloads import attachment


@pytest.mark.parametrize(
    ("question", "header"),
    [
        ("Revenue by region?", 'filename="Revenue-by-region.csv"'),
        ("", 'filename="result.csv"'),
        ("?!", 'filename="result.csv"'),
        ('../a"b\r\nX-Evil: 1', 'filename="a-b-X-Evil-1.csv"'),
        ("x" * 200, f'filename="{"x" * 60}.csv"'),
        (
            "Größe je Land?",
            "filename=\"Gre-je-Land.csv\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe-je-Land.csv",
        ),
        ("売上", "filename=\"result.csv\"; filename*=UTF-8''%E5%A3%B2%E4%B8%8A.csv"),
    ],
)
def test_a_file_is_named_after_its_question(question, header):
    assert attachment(question) == f"attachment; {header}"
