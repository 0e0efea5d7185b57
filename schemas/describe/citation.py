"""How a release is cited: `CITATION.cff` (Citation File Format 1.2.0) and BibTeX."""

from __future__ import annotations

from typing import Any

from schemas.describe.release import Release


def citation(release: Release) -> dict[str, Any]:
    """Return what `CITATION.cff` says."""
    spdx = [licence.name for licence in release.licences if not licence.name.startswith("LicenseRef-")]
    return {
        "cff-version": "1.2.0",
        "message": "Cite the release that you used; cite single letters by reply_id and release.",
        "type": "dataset",
        "title": release.title,
        "abstract": release.description,
        "version": release.version,
        "date-released": day(release),
        "authors": [_entity(party.name, party.url) for party in release.contributors],
        "identifiers": [
            {"type": "other", "value": f"urn:dafu:{release.name}:{release.version}", "description": "This release."}
        ],
        "references": [
            {"type": "website", "title": source.title, "authors": [_entity(source.title, None)], "url": source.url}
            for source in release.sources
        ],
        **({"license": spdx} if spdx else {}),
    }


def bibtex(release: Release) -> str:
    """Return the release as BibTeX; braces keep the case of names and titles."""
    authors = " and ".join(f"{{{party.name}}}" for party in release.contributors)
    return (
        f"@misc{{{release.name}-{release.version}, title = {{{{{release.title}}}}}, author = {{{authors}}}, "
        f"year = {{{day(release)[:4]}}}, version = {{{release.version}}}}}"
    )


def day(release: Release) -> str:
    """Return the day of a release, YYYY-MM-DD: that of its version."""
    return "-".join(release.version.split(".")[:3])


def _entity(name: str, url: str | None) -> dict[str, Any]:
    return {"name": name, **({"website": url} if url else {})}
