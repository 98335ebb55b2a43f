"""The former name of `adapters.kit.driver`, importable until edition 2 of the port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.kit.former import moved

if not TYPE_CHECKING:
    __getattr__ = moved(__name__)
