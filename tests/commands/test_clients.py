"""The command `lienthong clients`, as whoever keeps the keys types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.access.keys import prefix_of
from gateway.commands.app import program

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Give the command, over an installation with one client, `ward`."""
    runner = CliRunner(env={"LIENTHONG_DATA": str(tmp_path), "COLUMNS": "140"})

    def typed(*words: str) -> Result:
        return runner.invoke(program("clients"), ["clients", *words])

    runner.invoke(program("migrate"), ["migrate"])
    typed("add", "ward", "--agency", "H99", "--helps", "H98")
    return typed


def test_a_key_is_printed_alone_and_shown_by_its_first_letters(run: Run) -> None:
    """A script takes it as it is; the list has no more than eight letters of it."""
    key = run("rotate", "ward", "--expires", "9").output.strip()
    listed = run("keys", "ward").output

    assert key.startswith("lt_sandbox_")
    assert prefix_of(key) in listed
    assert key not in listed


def test_one_key_or_all_are_revoked(run: Run) -> None:
    """What was meant must be said; what ended is named."""
    key = run("rotate", "ward").output.strip()
    vague = run("revoke", "ward")
    both = run("revoke", "ward", prefix_of(key), "--all")
    one, others = run("revoke", "ward", prefix_of(key)), run("revoke", "ward", "--all")

    assert all("say which key" in str(done.exception) for done in (vague, both))
    assert one.output == f"revoked: {prefix_of(key)}\n"
    assert others.output.startswith("revoked: lt_sandbox_")
    assert run("revoke", "ward", "--all").output == "revoked: no key worked\n"


@pytest.mark.parametrize(
    ("words", "speaks", "helps"),
    [
        ((), "H99", "H98"),
        (("--agency", "H97", "--agency", "H96"), "H97, H96", "H98"),
        (("--helps", "H95"), "H99", "H95"),
        (("--helps-none",), "H99", "nobody"),
    ],
)
def test_agencies_are_shown_and_changed(
    run: Run, words: tuple[str, ...], speaks: str, helps: str
) -> None:
    """What is not said stays as it is."""
    done = run("agencies", "ward", *words)

    assert done.output == f"speaks for: {speaks}\nhelps: {helps}\n"
    assert run("agencies", "ward").output == done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "system:x", "--agency", "H99"), "names no client"),
        (("add", "x", "--agency", "H99", "--expires", "0"), "--expires: 0 is not"),
        (("agencies", "nobody"), "no client is called 'nobody'"),
        (("keys", "nobody"), "no client is called 'nobody'"),
        (("revoke", "ward", "lt_live_x"), "no key of that client"),
    ],
)
def test_wrong_input_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    """It names what was wrong."""
    assert said in str(run(*words).exception)
