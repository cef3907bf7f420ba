"""The page in a real browser, where one is installed: all of an answer, and words stay words."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no browser")
CASES: Mapping[str, str] = {
    # What would be HTML is text.
    "<script>alert(1)</script>": "p(<script>alert(1)</script>)",
    '<img src=x onerror="alert(1)">': 'p(<img src=x onerror="alert(1)">)',
    "| a |\n|---|\n| <b>x</b> |": "table(th(a) td(<b>x</b>))",
    # What leads nowhere on the web is no link, and no picture is loaded.
    "[x](javascript:alert(1))": "p(span(x))",
    "[x](data:text/html,y)": "p(span(x))",
    "[x](/threads)": "p(span(x))",
    "![x](https://e.example/p.png)": "p(a:https://e.example/p.png(x))",
    "[Open](https://e.example/r?a=1#b)": "p(a:https://e.example/r?a=1#b(Open))",
    "See https://e.example/a_b.": "p(See  a:https://e.example/a_b(https://e.example/a_b) .)",
    # What is escaped is shown.
    r"\*not\* \`code\` \[x\](y) \<b>": "p(*not* `code` [x](y) <b>)",
    "`a\\`": "p(code(a\\))",
    # The rest of what answers use.
    "**bold** _em_ ~~gone~~ a_b_c": "p(strong(bold)   em(em)   del(gone)  a_b_c)",
    "**`a*b`: 5**": "p(strong(code(a*b) : 5))",
    "2 * 3 * 4": "p(2 * 3 * 4)",
    "# One\n## Two": "h3(One) h4(Two)",
    "- a\n- b\n  - c": "ul(li(a) li(b ul(li(c))))",
    "3. a\n\n4. b": "ol:3(li(a) li(b))",
    "> said\n> so": "blockquote(p(said\nso))",
    "```sql\nSELECT *\n\nFROM t\n```\nend": "pre(code(SELECT *\n\nFROM t)) p(end)",
    "```\nnot whole": "pre(code(not whole))",
    "one\ntwo  \nthree": "p(one\ntwo br() three)",
    "| a | b |\n|:--|--:|\n| x\\|y | 1 |": "table(th(a) th.right(b) td(x|y) td.right(1))",
    "| a |\n|---|\n| 1 |\n\nend": "table(th(a) td(1)) p(end)",
}
PAGE = """<!doctype html><title>Cases</title><body><script type="module">
import { markdown } from "./markdown.js";
const SKIPPED = ["DIV", "THEAD", "TBODY", "TR"];
const told = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  const inner = [...node.childNodes].map(told).join(" ");
  if (SKIPPED.includes(node.tagName)) return inner;
  const side = node.className === "right" ? ".right" : "";
  const leads = node.getAttribute("href") ?? node.getAttribute("start");
  return `${node.tagName.toLowerCase()}${side}${leads ? `:${leads}` : ""}(${inner})`;
};
const drawn = (text) => markdown(text).map(told).join(" ");
const endless = ["[".repeat(20000) + "](https://e.example)", "> ".repeat(5000) + "x"];
document.body.textContent = JSON.stringify([CASES.map(drawn), endless.map(drawn).every(Boolean)]);
document.title = "done";
</script>"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Have the browser draw all cases at once."""
    folder = tmp_path_factory.mktemp("page")
    for script in files("lakevisor.serving.page").joinpath("static").iterdir():
        (folder / script.name).write_bytes(script.read_bytes())
    page = PAGE.replace("CASES", json.dumps(list(CASES)).replace("<", "\\u003c"))
    (folder / "cases.html").write_text(page, encoding="utf-8")
    texts, is_endless_drawn = json.loads(html.unescape(_dumped(folder)))
    assert is_endless_drawn
    return dict(zip(CASES, texts, strict=True))


def _dumped(folder: Path) -> str:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        Thread(target=server.serve_forever).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/cases.html"
            page = _opened(address, profile=folder / "profile")
        finally:
            server.shutdown()
    assert "<title>done</title>" in page.stdout, page.stdout[-500:] + page.stderr[-500:]
    return page.stdout.partition("<body>")[2].partition("</body>")[0]


def _opened(address: str, *, profile: Path) -> subprocess.CompletedProcess[str]:
    """Return a page as it stands once all is loaded, and what the browser has said of it."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    command = [str(CHROMIUM), *flags, "--enable-logging=stderr", "--virtual-time-budget=60000"]
    return subprocess.run(
        [*command, "--dump-dom", address], capture_output=True, text=True, timeout=120
    )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@pytest.mark.parametrize("text", CASES)
def test_markdown_becomes(drawn: Mapping[str, str], text: str) -> None:
    assert drawn[text] == CASES[text]


def test_an_answer_of_before_is_shown_with_all_that_came_with_it(
    server: Any, tmp_path: Path
) -> None:
    thread_id = uuid4().hex
    response = server.ask("Revenue by region?", conversation=thread_id)
    # The library is made beside the page's own time.
    assert server.call("GET", "/page/vega.js").is_success

    page = _opened(f"{server.url}/#{thread_id}", profile=tmp_path)

    shown = page.stdout
    assert re.search(r"<td[^>]*>MIDDLE EAST</td>", shown)
    assert re.search(r'<figure class="chart".*<svg.*<path', shown)
    assert "SQL and source" in shown
    assert f'href="responses/{response["id"]}/download"' in shown
    assert "Content Security Policy" not in page.stderr
    assert not re.search(r"CONSOLE.*(?:Error|TrustedHTML)", page.stderr), page.stderr
