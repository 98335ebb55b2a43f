"""Whether what narrows a plan can be a typing error: nothing here has ever borne it.

Asked only where nothing was found, so that a plan that finds something costs no further look.
"""

from __future__ import annotations

from gateway.operations.plans import Choice, Preview, Told
from gateway.operations.refusals import Refusal
from gateway.store.engine import Connection, Store
from gateway.store.work.plans import borne


async def astray(
    store: Store, found: Preview, choice: Choice, told: Told | None = None
) -> Refusal | None:
    """Refuse a choice by a word that nothing here bears; None: it was only nothing to do."""
    if found.chosen or found.moved:
        return None

    def look(connection: Connection) -> Refusal | None:
        if choice.procedure is not None and not borne.procedure(connection, choice.procedure):
            return Refusal("no_such_procedure", choice.procedure)
        if choice.agency is not None and not borne.agency(connection, choice.agency):
            return Refusal("no_such_agency", choice.agency)
        version, mapping = (None, None) if told is None else (told.version, told.mapping)
        if version is not None and not borne.by_try(
            connection, found.system, Told(version=version)
        ):
            return Refusal("no_such_version", version, (found.system,))
        if mapping is not None and not borne.by_try(
            connection, found.system, Told(mapping=mapping)
        ):
            return Refusal("no_such_mapping", mapping, (found.system,))
        return None

    return await store.read(look)
