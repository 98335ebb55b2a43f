"""What has been said where it was met. It stands apart: it loads nothing."""

from __future__ import annotations


class AlreadySaid(Exception):  # noqa: N818 - a mark, for errors of several rooms
    """An error whose cause is told in one place: whoever meets it again adds no line."""
