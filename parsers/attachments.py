"""The files that a page links to: those whose address ends like a document's or an archive's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from parsers.listing import absolute
from parsers.markup import Page, text_of
from parsers.privacy import without_contact

_FILE = re.compile(r"\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar|7z)$", re.IGNORECASE)
_PERHAPS = re.compile(rb"\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar|7z)[\"'>?#\s]", re.IGNORECASE)
"""Cheap to look for: a page on which it is not found need not be taken apart."""


@dataclass(frozen=True, slots=True)
class AttachmentLink:
    """A link to a file: what it is called on the page, and its absolute address."""

    label: str
    url: str


def read_attachment_links(html: str, url: str) -> tuple[AttachmentLink, ...]:
    """Return the files that the page `html` at `url` links to, in order, each address once."""
    if not may_link_files(html.encode("utf-8", errors="replace")):
        return ()
    found: dict[str, AttachmentLink] = {}
    for address, link in Page(html).links():
        target = absolute(url, address.strip())
        if is_file_address(target) and target not in found:
            found[target] = AttachmentLink(without_contact(text_of(link)), target)
    return tuple(found.values())


def may_link_files(body: bytes) -> bool:
    """Tell whether it is worth looking for links to files in a page's bytes."""
    return _PERHAPS.search(body) is not None


def is_file_address(url: str) -> bool:
    """Tell whether an address ends like a file's; what the file is, only its bytes tell."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(_FILE.search(parts.path))
