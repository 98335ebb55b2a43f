"""`python -m gateway.commands` is `lienthong`."""

from gateway.commands.app import run

run()
