"""One declaration per table, and everything else derived from it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

import pyarrow as pa
import pytest
from pydantic import ValidationError

from schemas import TABLES
from schemas.arrow import arrow_schema, arrow_table
from schemas.dictionary import dictionary
from schemas.facts import Quantity
from schemas.issues import issue
from schemas.table import About, Column, Reference, Table

DESIGNED = {
    "replies": "reply_id letter_type kind identity_basis body_raw body province term session number number_int "
    "proposal_title page_title title_tokens url published_on editor_account page_source column_path salutation_raw "
    "proposers proposer_count signatory_raw signatory signed_on lag_days doc_number reply_class_raw "
    "reply_class openness opening_raw closing_raw text text_source stage themes keywords flags "
    "near_duplicate_group capture_id content_sha256 selector parser_version first_seen_at "
    "last_seen_at version",
    "sections": "reply_id section_id n level marker title path parent_id role run_in char_start char_end tokens",
    "sentences": "reply_id sentence_id section_id n text role rule char_start char_end tokens",
    "citations": "reply_id sentence_id raw title title_key doc_number issuers issuer_basis char_start char_end",
    "quantities": "reply_id sentence_id raw value unit counted approximate status fact_id char_start char_end",
    "commitments": "reply_id sentence_id text modality marker actor_raw actor actions deadline_raw deadline_on repeats "
    "char_start char_end",
    "enumerations": "reply_id sentence_id raw head items declared_count is_open char_start char_end",
    "organizations": "reply_id sentence_id raw name role char_start char_end",
    "programmes": "reply_id sentence_id raw name char_start char_end",
    "attachments": "reply_id attachment_id label url media_type sha256 bytes text status",
    "shared_passages": "passage_sha256 reply_id sentence_ids characters char_start char_end",
    "captures": "capture_id url fetched_at status outcome sha256 bytes media_type encoding_declared encoding_used "
    "warc_file warc_offset",
    "history": "reply_id version event seen_at url content_sha256 changed_fields capture_id",
    "issues": "reply_id stage url severity code detail",
    "coverage": "kind body term session letters without_number other_number numbers_seen lowest highest "
    "numbers_missing gaps first_published_on last_published_on pages_not_fetched pages_not_read",
    "search_letters": "letter_no reply_id words first_sentence last_sentence first_section last_section",
    "terms": "term_id term letters occurrences",
    "postings": "term_id letter_no occurrences",
    "dictionary": "table_name column_name type description_en description_zh unit source",
    "changes": "table_name reply_id row_key change column_name old_value new_value causes old_capture_id "
    "new_capture_id because",
}


def test_the_tables_are_those_of_the_design() -> None:
    assert {t.about.name: list(t.model_fields) for t in TABLES} == {n: c.split() for n, c in DESIGNED.items()}


def test_every_column_is_described_in_both_languages() -> None:
    for entry in dictionary(TABLES):
        assert re.search("[a-z]{2}", entry.description_en), entry
        assert any("\u4e00" <= character <= "\u9fff" for character in entry.description_zh), entry


def test_arrow_fields_carry_the_declaration() -> None:
    field = arrow_schema(Quantity).field("char_start")
    assert field.type == pa.int64()
    assert not field.nullable
    assert field.metadata[b"unit"] == b"characters"
    assert "replies.text" in field.metadata[b"description_en"].decode()


def test_a_list_of_structs_survives_arrow() -> None:
    schema = arrow_schema(TABLES[0])
    assert schema.field("proposers").type.value_type.field("role").nullable


def test_a_field_without_a_column_does_not_build() -> None:
    with pytest.raises(TypeError, match=r"Broken\.x is not declared"):

        class Broken(Table):
            about: ClassVar = About("broken", "x", "x", ("x",))
            x: str


def test_a_field_described_in_one_language_does_not_build() -> None:
    with pytest.raises(TypeError, match="both languages"):

        class Broken(Table):
            about: ClassVar = About("broken", "x", "x", ("x",))
            x: Annotated[str, Column("only English", "")]


def test_an_unknown_reason_code_is_refused() -> None:
    with pytest.raises(KeyError):
        issue("no_such_code", "parse", "detail")


def test_rows_are_checked_strictly() -> None:
    row = issue("no_text", "parse", "one picture", url="http://x/")
    with pytest.raises(ValidationError):
        type(row).model_validate({**row.model_dump(), "detail": 3})
    with pytest.raises(ValidationError):
        type(row).model_validate({**row.model_dump(), "surprise": "x"})


def test_rows_become_an_arrow_table_in_their_order() -> None:
    rows = [issue("no_text", "parse", detail) for detail in ("b", "a")]
    assert arrow_table(type(rows[0]), rows).column("detail").to_pylist() == ["b", "a"]


def test_a_reference_leads_to_a_declared_column_of_its_type() -> None:
    declared = {table.about.name: arrow_schema(table) for table in TABLES}
    found = {(table.about.name, r.column): r for table in TABLES for r in table.references()}
    assert found["sections", "parent_id"] == Reference("parent_id", "sections", "section_id", in_list=False)
    assert found["shared_passages", "sentence_ids"].in_list
    for (name, column), reference in found.items():
        source = declared[name].field(column).type
        assert (source.value_type if reference.in_list else source) == declared[reference.table].field(
            reference.to
        ).type, reference


def test_a_reference_that_names_no_column_does_not_build() -> None:
    with pytest.raises(TypeError, match=r"write table\.column"):

        class Broken(Table):
            about: ClassVar = About("broken", "x", "x", ("x",))
            x: Annotated[str, Column("x", "x", references="replies")]
