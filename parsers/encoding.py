"""Bytes → characters. The bytes decide; what header and page declare is only recorded (reference: site.md)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=[\s\"']*([A-Za-z0-9_-]+)", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=[\s\"']*([A-Za-z0-9_-]+)", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEAD = 4096
"""How far into a page its own declaration is looked for."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a body, the encoding that was declared and the one it is in."""

    text: str
    declared: str | None
    used: str


def declared_encoding(body: bytes, content_type: str | None) -> str | None:
    """Return the encoding that the Content-Type header, else the page's own meta, names (lower case), or None."""
    header = _HEADER_CHARSET.search(content_type or "")
    if header:
        return header.group(1).lower()
    meta = _META_CHARSET.search(body[:_HEAD])
    return meta.group(1).decode("ascii").lower() if meta else None


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Decode `body` by BOM, else as strict UTF-8, else as GB18030; never fails.

    Bytes that are in none of these encodings come out as U+FFFD, so that the damage stays visible in the text.
    """
    declared = declared_encoding(body, content_type)
    for bom, name in _BOMS:
        if body.startswith(bom):
            return Decoded(body.decode(name, errors="replace"), declared, "utf-8" if name == "utf-8-sig" else name)
    try:
        return Decoded(body.decode("utf-8"), declared, "utf-8")
    except UnicodeDecodeError:
        return Decoded(body.decode("gb18030", errors="replace"), declared, "gb18030")


def is_markup(body: bytes, content_type: str | None) -> bool:
    """Tell whether a body is a page rather than a file: by its first bytes, and only then by its header."""
    head = body[:_HEAD].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<meta", b"<script", b"\xef\xbb\xbf<")):
        return True
    if head.startswith((b"%pdf", b"pk\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89png", b"\xff\xd8\xff", b"rar!")):
        return False
    return "html" in (content_type or "").lower() and b"\x00" not in head
