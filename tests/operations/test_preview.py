"""What an export would become, as values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from adapters.kit.port import Previewed
from gateway.main.bootstrap import find_system
from gateway.operations.preview import Preview, preview
from gateway.operations.refusals import Refusal
from gateway.settings import Settings


async def test_rows_are_told_apart(settings: Settings, tmp_path: Path) -> None:
    """What would be taken and what not, from a file and what lies beside it by the same name."""
    echo = find_system(settings.systems[0], 0)
    read: list[str] = []

    def rows(files: object, _: object) -> list[Previewed]:
        assert isinstance(files, dict)
        read.extend(sorted(files))
        return [Previewed(1, body={"a": 1}), Previewed(2, field="x", why="odd")]

    for name in ("a.dbf", "a.fpt", "b.dbf"):
        (tmp_path / name).write_bytes(b"")
    system = replace(echo, adapter=replace(echo.adapter, preview=rows))
    found = await preview(system, tmp_path / "a.dbf")

    assert isinstance(found, Preview)
    assert ([one.row for one in found.taken], [one.row for one in found.bad]) == ([1], [2])
    assert read == ["a.dbf", "a.fpt"]


async def test_what_cannot_be_previewed_is_refused(settings: Settings, tmp_path: Path) -> None:
    """A system without files, and a file that is not there."""
    echo = find_system(settings.systems[0], 0)
    fed = replace(echo, adapter=replace(echo.adapter, preview=lambda _files, _settings: []))
    none = tmp_path / "none.csv"

    assert [await preview(echo, none), await preview(fed, none)] == [
        Refusal("not_fed_by_files", "a"),
        Refusal("unreadable_file", str(none), ("No such file or directory",)),
    ]
