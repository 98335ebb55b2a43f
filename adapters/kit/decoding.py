"""From the bytes of an answer to what it says: charset, compression, and what it is wrapped in.

What can be read is no reason to ask twice, so that everything seen in the field is read here:
UTF-8 and UTF-16 with or without a mark, the charset of the header or of the document's own
declaration, gzip without its header, JSON inside a JSON string or inside a `<string>` element.
In: a reply. Out: a value of JSON, a sentence in plain text, or that neither can be read.
Never: more memory than `LARGEST`; an entity; the network.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

from lxml import etree

from adapters.kit.port import Reply
from schemas.marks import composed

LARGEST = 8 * 1024 * 1024
"""Bytes of an answer after it was unpacked."""
LONGEST = 64 * 1024
"""Characters of a page that are looked through."""
DEEPEST = 3
"""So many wrappings are taken off, one inside the other."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WESTERN = frozenset({"ascii", "iso8859-1", "cp1252", "latin-1"})
"""What servers write into the header by default; no Vietnamese was ever written in them."""
_TEXTUAL = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1258", *_WESTERN})
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""")
_PAGE = re.compile(r"(?is)^\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html|<head|<body)")


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an answer says. json: a whole value; text: a plain sentence; page: a page of HTML."""

    kind: str
    value: Any = None


UNREAD = Decoded("unread")


def decoded(reply: Reply) -> Decoded:
    """Read an answer: `json`, `text`, `page` (a gateway's, never theirs), `empty` or `unread`."""
    text = text_of(reply)
    if text is None:
        return UNREAD
    if not text.strip():
        return Decoded("empty")
    if _PAGE.match(text):
        return Decoded("page", text)
    found = _unwrapped(text.strip(), DEEPEST)
    html = "html" in reply.headers.get("content-type", "").lower()
    return Decoded("page", text) if found is UNREAD and html else found


def seen(page: str) -> str:
    """Give what a reader of a page of HTML sees: no markup, no scripts."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, no_network=True)
    try:
        root = etree.fromstring(page[:LONGEST].encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    if root is None:
        return ""
    etree.strip_elements(root, "script", "style", "template", with_tail=False)
    return " ".join(str(part) for part in root.itertext())


def text_of(reply: Reply) -> str | None:
    """Decode the body; None: by no charset that it may be in."""
    body = unpacked(reply.body)
    if body is None:
        return None
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return _read(body[len(mark) :], charset)
    for charset in _charsets(body, reply.headers.get("content-type", "")):
        text = _read(body, charset)
        if text is not None:
            return text
    return None


def unpacked(body: bytes) -> bytes | None:
    """Take off gzip, whether or not a header told of it; None: broken, or far too large."""
    if not body.startswith(b"\x1f\x8b"):
        return body if len(body) <= LARGEST else None
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(body, LARGEST)
    except zlib.error:
        return None
    return found if reader.eof else None


def _charsets(body: bytes, kind: str) -> list[str]:
    """Name the charsets to try, the likeliest first."""
    told = re.search(r"""charset\s*=\s*["']?\s*([^\s;"']+)""", kind, re.IGNORECASE)
    declared = _DECLARED.search(body[:1024]) if body.lstrip()[:1] == b"<" else None
    names = [_named(told[1]) if told else None]
    names.append(_named(declared[1].decode()) if declared else None)
    known = [name for name in names if name is not None and name not in _WESTERN]
    return [*known, *_by_zeros(body), "utf-8"]


def _by_zeros(body: bytes) -> list[str]:
    """Tell UTF-16 without a mark by its first two signs, which are ASCII in JSON and XML."""
    if len(body) >= 2 and len(body) % 2 == 0:
        if body[0] and not body[1]:
            return ["utf-16-le"]
        if body[1] and not body[0]:
            return ["utf-16-be"]
    return []


def _named(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    return found if found in _TEXTUAL else None


def _read(body: bytes, charset: str) -> str | None:
    try:
        text = body.decode(charset)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text.removeprefix("\ufeff")


def _unwrapped(text: str, depth: int) -> Decoded:
    """Take JSON out of a text, of a JSON string, or of a `<string>` element."""
    if text.startswith("<"):
        inner = _element(text)
        if inner is None:
            return UNREAD
        return _unwrapped(inner, depth - 1) if inner and depth else Decoded("text", inner)
    try:
        value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        cut = text[0] in '{["'  # of JSON that was cut short nothing is believed
        return UNREAD if cut else Decoded("text", composed(text))
    if isinstance(value, str):
        inner = value.strip()
        wrapped = depth and inner[:1] in {"{", "[", '"', "<"}
        return _unwrapped(inner, depth - 1) if wrapped else Decoded("text", composed(value))
    return Decoded("json", value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a field twice: nobody knows which of the two they mean."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _element(text: str) -> str | None:
    """Give what stands in the one element that services of .NET wrap a text in."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        # Decoded already: a declaration of another charset would contradict it.
        bare = re.sub(r"^<\?xml[^>]*\?>", "", text).strip()
        root = etree.fromstring(bare, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if len(root) or etree.QName(root).localname != "string":
        return None
    return (root.text or "").strip()
