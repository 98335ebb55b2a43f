"""The list of dossiers, followed over HTTP: pages, places that are kept, and what is no place."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

from gateway.settings import Settings
from gateway.store import feed
from tests.intake.test_api import api, body, post
from tests.operations.begun import begun

__all__ = ["api"]


async def test_the_last_page_keeps_the_place(api: httpx.AsyncClient) -> None:
    """There is no `next` on it, but a cursor under which later changes are found, and only they."""
    for number in range(2):
        code = f"H99.14.05-260302-{number:04d}"
        await post(api, body(source={"ref": str(number)}, official_code=code, origin=None))
    page = (await api.get("/v1/dossiers?limit=2")).json()
    code = "H99.14.05-260302-0009"
    await post(api, body(source={"ref": "9"}, official_code=code, origin=None))
    later = (await api.get(f"/v1/dossiers?cursor={page['cursor']}")).json()
    empty = (await api.get(f"/v1/dossiers?cursor={later['cursor']}")).json()

    assert [one["ref"] for one in later["dossiers"]] == ["9"]
    assert ("next" in page, empty) == (False, {"dossiers": [], "cursor": later["cursor"]})


OLD = base64.urlsafe_b64encode(b'[1772418600000, "01a2206f-11d9-7105-9864-5f2ec2369430"]').decode()
HUGE = base64.urlsafe_b64encode(f"dossiers.1.{10**30}.{'0' * 32}".encode()).decode()
OTHER = feed.Cursor(1 << 32, 0, feed.FIRST).encode("changes")


@pytest.mark.parametrize("cursor", ["", "0", "trang 2", "é", OLD, HUGE, OTHER])
async def test_what_is_no_place_is_named(api: httpx.AsyncClient, cursor: str) -> None:
    """Forged, cut off, of another list or of a former version: 422 at `/cursor`."""
    answer = await api.get("/v1/dossiers", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/cursor")


async def test_after_a_restore_a_follower_is_told_how_to_go_on(
    api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Law 18: A cursor of before is answered 410, and reading anew works."""
    place = (await api.get("/v1/dossiers")).json()["cursor"]
    async with begun(Settings(data=tmp_path)) as store:
        await store.write(feed.begin_epoch)
    gone = await api.get(f"/v1/dossiers?cursor={place}")
    anew = await api.get("/v1/dossiers?updated_after=2026-03-02T09:30:00%2B07:00")

    assert (gone.status_code, "without cursor" in gone.json()["title"]) == (410, True)
    assert anew.status_code == 200
