"""What the rows of an export would become, before it is let in. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.kit.port import Previewed
from gateway.dossiers.systems import System
from gateway.operations.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Preview:
    """The rows of an export, as its system's adapter reads them."""

    rows: tuple[Previewed, ...]

    @property
    def taken(self) -> list[Previewed]:
        """Give the rows that would be let in."""
        return [one for one in self.rows if one.body is not None]

    @property
    def bad(self) -> list[Previewed]:
        """Give the rows that would be left out, and what is wrong with each."""
        return [one for one in self.rows if one.body is None]


def preview(system: System, file: Path) -> Preview | Refusal:
    """Read an export under the settings of a system, with what lies beside it by the same name."""
    if system.adapter.preview is None:
        return Refusal("not_fed_by_files", system.name)
    try:
        beside = [one for one in file.parent.glob(f"{file.stem}.*") if one != file]
        files = {one.name: one.read_bytes() for one in (file, *beside)}
    except OSError as error:
        return Refusal("unreadable_file", str(file), (str(error.strerror),))
    return Preview(tuple(system.adapter.preview(files, system.settings)))
