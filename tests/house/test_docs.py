"""What a page points at is there: links, headings, files by their path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "adapters", "schemas", "contracts", "tests", "deploy", "openapi")
PAGES = sorted(
    path
    for room in (ROOT, ROOT / ".github", *(ROOT / one for one in ROOMS))
    for path in (room.glob("*.md") if room.name not in ROOMS else room.rglob("*.md"))
)
PUBLIC = frozenset(
    {
        "docs.python.org",
        "grafana.com",
        "keepachangelog.com",
        "kubernetes.io",
        "prometheus.io",
        "www.postgresql.org",
        "www.rabbitmq.com",
        "www.rfc-editor.org",
    }
)
"""Hosts of public documentation, and none from which anything is installed."""
EXAMPLES = (".example", ".test", ".example.com", "localhost", "127.0.0.1")
INLINE = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)
PLACE = re.compile(r"\b(?:src|href)=\"([^\"]+)\"")
KINDS = (INLINE, REFERENCE, PLACE)
ADDRESS = re.compile(r"https?://[^\s)>\"'`\]]+")
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
IN_A_ROOM = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./-]+")
A_FILE = re.compile(r"[\w-]+(?:/[\w.-]+)+\.(?:py|toml|md|yaml|yml|csv)")


def anchors(text: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for line in FENCE.sub("", text).splitlines():
        heading = re.match(r"#{1,6}\s+(.+?)\s*#*$", line)
        if heading is None:
            continue
        shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = 0
        while (one := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(one)
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def dead_links(page: Path, root: Path) -> Iterator[str]:
    """Name the links of a page that lead nowhere, out of the repository, or to a strange host."""
    text = page.read_text("utf-8")
    prose = CODE.sub("", FENCE.sub("", text))
    for target in [found[1] for kind in KINDS for found in kind.finditer(prose)]:
        link = urlsplit(target)
        if link.scheme in {"http", "https"}:
            continue
        file = (page.parent / unquote(link.path)).resolve() if link.path else page
        if (
            link.scheme
            or not file.is_relative_to(root)
            or not file.exists()
            or (
                link.fragment
                and (
                    file.suffix != ".md"
                    or unquote(link.fragment) not in anchors(file.read_text("utf-8"))
                )
            )
        ):
            yield target
    for address in ADDRESS.findall(text):
        host = urlsplit(address).hostname or ""
        if host not in PUBLIC and not host.endswith(EXAMPLES):
            yield address


def dead_names(page: Path, root: Path) -> Iterator[str]:
    """Name the files that a page speaks of in code marks and that are not there."""
    for _, code in CODE.findall(FENCE.sub("", page.read_text("utf-8"))):
        places = [place for place in page.parents if place.is_relative_to(root)]
        if (IN_A_ROOM.fullmatch(code) or A_FILE.fullmatch(code)) and not any(
            (place / code).exists() for place in places
        ):
            yield code


def named(page: Path) -> str:
    """Name a page in the report."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_lives(page: Path) -> None:
    """A file, a heading, or the public documentation of a tool."""
    assert list(dead_links(page, ROOT)) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_exists(page: Path) -> None:
    """Pages follow when files move."""
    assert list(dead_names(page, ROOT)) == []


def test_all_pages_are_read() -> None:
    """Each kind of place has pages."""
    assert {"README.md", "adapters/README.md", "deploy/RUNBOOK.md"} <= {named(one) for one in PAGES}


@pytest.mark.parametrize(
    "planted",
    [
        "[gone](gone.md)",
        "[no heading](#nothing)",
        "[no heading](other.md#nothing)",
        "[out](../../outside.md)",
        "[strange](https://files.strange.org/x)",
        "<https://files.strange.org/x>",
        "[far]: gone.md",
        '<img src="gone.svg">',
        "`gateway/gone.py`",
        "`kit/gone.py`",
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, planted: str) -> None:
    """The searches above can fail."""
    (tmp_path / "other.md").write_text("# Something\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{planted}\n", "utf-8")

    assert len([*dead_links(page, tmp_path), *dead_names(page, tmp_path)]) == 1


@pytest.mark.parametrize(
    "fine",
    [
        "[there](other.md)",
        "[heading](other.md#hồ-sơ-what-it-is-1)",
        "[own](#page)",
        "[public](https://keepachangelog.com)",
        "`https://system.example.test` and `gateway/there.py`",
        "```\n[no link](gone.md)\n```",
        "`polls/<case>/outcome.json`",
    ],
)
def test_what_is_fine_is_left_alone(tmp_path: Path, fine: str) -> None:
    """Nor do they cry wolf."""
    (tmp_path / "other.md").write_text("# Hồ sơ: what it is\n## Hồ sơ, what it is\n", "utf-8")
    (tmp_path / "gateway").mkdir()
    (tmp_path / "gateway" / "there.py").touch()
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{fine}\n", "utf-8")

    assert [*dead_links(page, tmp_path), *dead_names(page, tmp_path)] == []
