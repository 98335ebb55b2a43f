"""What the database lacks, shown and applied."""

from __future__ import annotations

from gateway.access.audit import migrated
from gateway.settings import Settings, SettingsError
from gateway.store import schema
from gateway.store.engine import connect
from gateway.store.errors import SchemaNewer, StoreUnavailable


async def missing(settings: Settings) -> list[str]:
    """Name the migrations that the database lacks, oldest first; applies none."""
    return await _migrations(settings, apply=False)


async def apply(settings: Settings) -> list[str]:
    """Bring the database up to date; give what was applied. Two at once wait for each other."""
    return await _migrations(settings, apply=True)


async def _migrations(settings: Settings, *, apply: bool) -> list[str]:
    if settings.postgres is None:
        return _embedded(settings, apply=apply)
    return await _shared(settings.postgres, apply=apply)


def _embedded(settings: Settings, *, apply: bool) -> list[str]:
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    try:
        if apply:
            return schema.apply(engine, migrated)
        with engine.connect() as connection:
            return schema.missing(connection)
    finally:
        engine.dispose()


async def _shared(dsn: str, *, apply: bool) -> list[str]:
    from gateway.store.postgres import PostgresStore  # noqa: PLC0415 - embedded has none

    store = PostgresStore(dsn)
    try:
        return await store.migrate(migrated) if apply else await store.read(schema.missing)
    except SchemaNewer:
        raise  # it was reached, and says what is to be done
    except StoreUnavailable as error:
        raise SettingsError(f"LIENTHONG_DATABASE: cannot be reached: {error}") from None
    finally:
        await store.close()
