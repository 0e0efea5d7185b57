"""A letter's files → its rows of `attachments`, and an issue for each that could not be had or read."""

from __future__ import annotations

from collections.abc import Iterable

from flows.crawl.archive import Archive
from flows.datasets import Dataset
from flows.parse.documents import Documents
from parsers.attachments import AttachmentLink
from parsers.documents import Document
from parsers.privacy import without_contacts
from schemas.archive import IndexEntry
from schemas.attachments import Attachment
from schemas.issues import Issue, issue


def why_not_had(archive: Archive, dataset: Dataset, url: str) -> str | None:
    """Return why no bytes of a file could be had, None if some could."""
    captures = archive.captures_of(url)
    if not dataset.ours(url):
        return "on another host, not asked for"
    if not captures:
        return "not asked for yet, or not allowed by robots.txt"
    return captures[-1].outcome if archive.last_good(url) is None else None


def why_not_read(document: Document, file: IndexEntry, label: str) -> str:
    """Return the detail of an issue: what became of a file, what it is, and what it is called."""
    return f"{document.status}, {file.media_type or 'of no known type'}: {label}"


def document_of(archive: Archive, documents: Documents, file: IndexEntry) -> Document:
    """Return the document that a capture holds."""
    return documents.read(file.sha256 or "", lambda: archive.body(file))


def attachments_of(
    archive: Archive,
    dataset: Dataset,
    documents: Documents,
    links: Iterable[AttachmentLink],
    reply_id: str,
    letter: IndexEntry | None,
) -> tuple[list[Attachment], list[Issue]]:
    """Return the rows of a letter's files and what is to be reported of them.

    `letter` is the capture of the file that holds the letter, if one does: its contact details are reported with the
    letter. Of every other file the newest bytes count.
    """
    rows: list[Attachment] = []
    issues: list[Issue] = []
    for n, link in enumerate(links, start=1):
        holds_letter = letter is not None and letter.url == link.url
        file = letter if holds_letter else archive.last_good(link.url)
        missing = why_not_had(archive, dataset, link.url)
        if file is None or missing:
            detail = f"{missing}: {link.label}"
            issues.append(issue("attachment_missing", "parse", detail, url=link.url, reply_id=reply_id))
            rows.append(_row(reply_id, n, link, None, Document("not_fetched"), None))
            continue
        document = document_of(archive, documents, file)
        lines, removed = without_contacts(list(document.lines))
        rows.append(_row(reply_id, n, link, file, document, "\n".join(lines)))
        if document.status != "read":
            detail = why_not_read(document, file, link.label)
            issues.append(issue("attachment_not_read", "parse", detail, url=link.url, reply_id=reply_id))
        if not holds_letter:
            issues += [
                issue("contact_removed", "parse", f"{rule}: {count}", url=link.url, reply_id=reply_id)
                for rule, count in sorted(removed.items())
            ]
    return rows, issues


def _row(
    reply_id: str, n: int, link: AttachmentLink, file: IndexEntry | None, document: Document, text: str | None
) -> Attachment:
    return Attachment(
        reply_id=reply_id,
        attachment_id=f"{reply_id}#a{n}",
        label=link.label,
        url=link.url,
        media_type=file.media_type if file else None,
        sha256=file.sha256 if file else None,
        bytes=file.bytes if file else None,
        text=text if document.status == "read" else None,
        status=document.status,
    )
