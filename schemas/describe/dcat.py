"""`dcat.ttl`: DCAT-AP 3, by which data portals harvest; written by rdflib, without blank nodes, so that it repeats."""

from __future__ import annotations

from collections.abc import Sequence

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, XSD

from schemas.describe.release import PARQUET, File, Licence, Party, Release, stamp
from schemas.table import Table

SPDX = Namespace("http://spdx.org/rdf/terms#")
_MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")
_VERSION = URIRef(f"{DCAT}version")  # of DCAT 3, which rdflib's list of terms is older than
_CHINESE = URIRef("http://publications.europa.eu/resource/authority/language/ZHO")


def dcat(release: Release, tables: Sequence[type[Table]]) -> str:
    """Return a release as Turtle: a distribution a file, at an address relative to where the Turtle lies."""
    graph = Graph()
    graph.bind("spdx", SPDX)
    ours = URIRef(f"urn:dafu:{release.name}:{release.version}")
    for kind, value in (
        (RDF.type, DCAT.Dataset),
        (DCTERMS.identifier, Literal(str(ours))),
        (DCTERMS.title, Literal(release.title, lang="en")),
        (DCTERMS.title, Literal(release.title_zh, lang="zh")),
        (DCTERMS.description, Literal(release.description, lang="en")),
        (DCTERMS.description, Literal(release.description_zh, lang="zh")),
        (DCTERMS.language, _CHINESE),
        (DCTERMS.issued, _moment(release.created)),
        (_VERSION, Literal(release.version)),
    ):
        graph.add((ours, kind, value))
    for source in release.sources:
        graph.add((ours, DCTERMS.source, URIRef(source.url)))
    for number, party in enumerate(release.contributors, 1):
        agent = _agent(graph, URIRef(f"{ours}#maker-{number}"), party)
        graph.add((ours, DCTERMS.creator, agent))
        if number == 1:  # DCAT-AP wants no more than one
            graph.add((ours, DCTERMS.publisher, agent))
    period = URIRef(f"{ours}#captured")
    graph.add((ours, DCTERMS.temporal, period))
    graph.add((period, RDF.type, DCTERMS.PeriodOfTime))
    graph.add((period, DCAT.startDate, _moment(stamp(release.first))))
    graph.add((period, DCAT.endDate, _moment(stamp(release.last))))
    for table in tables:
        for file in release.files[table.about.name]:
            graph.add((ours, DCAT.distribution, _distribution(graph, table, file, _licences(graph, ours, release))))
    return graph.serialize(format="turtle")


def _distribution(graph: Graph, table: type[Table], file: File, licences: Sequence[tuple[URIRef, URIRef]]) -> URIRef:
    ours, checksum = URIRef(file.name), URIRef(f"urn:sha256:{file.sha256}")
    for kind, value in (
        (RDF.type, DCAT.Distribution),
        (DCTERMS.title, Literal(table.about.name)),
        (DCTERMS.description, Literal(table.about.en, lang="en")),
        (DCTERMS.description, Literal(table.about.zh, lang="zh")),
        (DCAT.accessURL, ours),
        (DCAT.downloadURL, ours),
        (DCAT.mediaType, _MEDIA_TYPES[PARQUET]),
        (DCAT.byteSize, Literal(file.bytes, datatype=XSD.nonNegativeInteger)),
        (SPDX.checksum, checksum),
        *licences,
    ):
        graph.add((ours, kind, value))
    graph.add((checksum, RDF.type, SPDX.Checksum))
    graph.add((checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256))
    graph.add((checksum, SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)))
    return ours


def _licences(graph: Graph, ours: URIRef, release: Release) -> list[tuple[URIRef, URIRef]]:
    """Return (property, value) of what may be done with a file: the licences that have a text, the rest in words."""
    said = release.licences or [Licence("other", release.licence, None)]
    found = [(DCTERMS.license, URIRef(licence.url)) for licence in said if licence.url]
    for number, licence in enumerate(said, 1):
        rights = URIRef(f"{ours}#rights-{number}")
        graph.add((rights, RDF.type, DCTERMS.RightsStatement))
        graph.add((rights, RDFS.label, Literal(f"{licence.title}: {licence.name}", lang="en")))
        found.append((DCTERMS.rights, rights))
    return found


def _agent(graph: Graph, agent: URIRef, party: Party) -> URIRef:
    graph.add((agent, RDF.type, FOAF.Agent))
    graph.add((agent, FOAF.name, Literal(party.name, lang="en")))
    if party.name_zh:
        graph.add((agent, FOAF.name, Literal(party.name_zh, lang="zh")))
    if party.url:
        graph.add((agent, FOAF.homepage, URIRef(party.url)))
    return agent


def _moment(said: str) -> Literal:
    return Literal(said, datatype=XSD.dateTime)
