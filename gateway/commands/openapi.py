"""`lienthong openapi`: writes the specification and the JSON Schemas for others to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.workbench import exports


def openapi(
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path("openapi"),
) -> None:
    """Write the specification (3.1 and 3.0), the JSON Schemas and the lifecycle diagram."""
    changed = exports.write(folder)
    typer.echo("\n".join(changed) if changed else "nothing has changed")
