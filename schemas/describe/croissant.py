"""`croissant.json`: Croissant 1.1, by which datasets are found and loaded; with what is true of its RAI vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.describe.citation import bibtex
from schemas.describe.release import Party, Release, stamp
from schemas.table import Column, Struct, Table, struct_of

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
_PARQUET = "application/x-parquet"  # what readers of Croissant know it by
_LIST = {"isArray": True, "arrayShape": "-1"}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(release: Release, tables: Sequence[type[Table]]) -> dict[str, Any]:
    """Return the description of a release: a record set a table, in the order of `tables`."""
    licences = [licence.url or licence.name for licence in release.licences] or [release.licence]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": {"en": release.title, "zh": release.title_zh},
        "description": {"en": release.description, "zh": release.description_zh},
        "identifier": f"urn:dafu:{release.name}:{release.version}",
        "version": release.version,
        "datePublished": release.created,
        "inLanguage": "zh",
        "license": licences,
        "creator": [_organization(party) for party in release.contributors],
        "isBasedOn": [
            {"@type": "sc:CreativeWork", "url": source.url, "publisher": _organization(release.publisher)}
            for source in release.sources
        ],
        "citeAs": bibtex(release),
        **_responsible(release),
        "distribution": [said for table in tables for said in _distribution(release, table)],
        "recordSet": [_record_set(release, table) for table in tables],
    }


def _organization(party: Party) -> dict[str, Any]:
    return {"@type": "sc:Organization", "name": party.name, **({"url": party.url} if party.url else {})}


def _responsible(release: Release) -> dict[str, Any]:
    return {
        "rai:dataCollection": "The public pages of the letters and the files linked from them were requested one by "
        "one over HTTP; every answer is kept in an archive from which the release is made.",
        "rai:dataCollectionType": ["Web Scraping"],
        "rai:dataCollectionTimeframe": list(dict.fromkeys([stamp(release.first), stamp(release.last)])),
        "rai:dataCollectionMissingData": "What could not be read is a row of `issues`, with a reason code; null means "
        "that the page does not say.",
        "rai:dataPreprocessingProtocol": [
            "Text is normalised (NFKC, one paragraph a line); spans are character offsets into `replies.text`."
        ],
        "rai:machineAnnotationTools": [f"dafu parser {release.parser_version}"],
        "rai:dataLimitations": [
            "Facts are read by rules; no human checked every letter. Each has its span, to be compared with the words."
        ],
        "rai:personalSensitiveInformation": [
            "Names of proposers as the letters print them. Contact details of persons are removed."
        ],
    }


def _distribution(release: Release, table: type[Table]) -> Iterator[dict[str, Any]]:
    name, files = table.about.name, release.files[table.about.name]
    for file in files:
        yield {
            "@type": "cr:FileObject",
            "@id": file.name,
            "name": file.name,
            "contentUrl": file.name,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": file.sha256,
        }
    if len(files) > 1:
        yield {
            "@type": "cr:FileSet",
            "@id": _files(release, table),
            "name": f"The parts of {name}",
            "encodingFormat": _PARQUET,
            "includes": f"{name}-*.parquet",
        }


def _record_set(release: Release, table: type[Table]) -> dict[str, Any]:
    about = table.about
    return {
        "@type": "cr:RecordSet",
        "@id": about.name,
        "name": about.name,
        "description": {"en": about.en, "zh": about.zh},
        "key": [{"@id": f"{about.name}/{column}"} for column in about.key],
        "field": [_field(release, table, field) for field in arrow_schema(table)],
    }


def _field(release: Release, table: type[Table], field: pa.Field) -> dict[str, Any]:
    column, struct = table.column(field.name), struct_of(table.model_fields[field.name].annotation)
    is_list = pa.types.is_list(field.type)
    of_item = field.type.value_type if is_list else field.type
    said = {**_named(f"{table.about.name}/{field.name}", field.name, column), **(_LIST if is_list else {})}
    source = {"extract": {"column": field.name}}
    source |= {"fileSet" if len(release.files[table.about.name]) > 1 else "fileObject": {"@id": _files(release, table)}}
    if struct:
        return {**said, "subField": [_part(said["@id"], struct, part, source) for part in of_item]}
    for reference in table.references():
        # readers of Croissant build a graph of record sets, in which nothing can refer to itself
        if reference.column == field.name and reference.table != table.about.name:
            said["references"] = {"field": {"@id": f"{reference.table}/{reference.to}"}}
    return {**said, "dataType": _type(of_item), "source": source}


def _part(parent: str, struct: type[Struct], part: pa.Field, source: dict[str, Any]) -> dict[str, Any]:
    named = _named(f"{parent}/{part.name}", part.name, struct.column(part.name))
    return {**named, "dataType": _type(part.type), "source": {**source, "transform": {"jsonPath": part.name}}}


def _named(id_: str, name: str, column: Column) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": id_, "name": name, "description": {"en": column.en, "zh": column.zh}}


def _files(release: Release, table: type[Table]) -> str:
    files = release.files[table.about.name]
    return files[0].name if len(files) == 1 else f"{table.about.name}-parts"


def _type(arrow_type: pa.DataType) -> str:
    for is_it, name in _TYPES:
        if is_it(arrow_type):
            return name
    raise TypeError(f"no type of Croissant is known for {arrow_type}")


_TYPES = (
    (pa.types.is_string, "sc:Text"),
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_date, "sc:Date"),
    (pa.types.is_timestamp, "sc:DateTime"),
)
