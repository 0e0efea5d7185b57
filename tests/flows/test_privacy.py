"""No contact of a person in anything that is published: looked for in every string of a release."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.datasets import Dataset, load_dataset
from flows.parse.documents import DOCUMENTS
from flows.parse.history import one_letter_each, unread
from flows.parse.letters import page_groups, read_group
from parsers.letter import read_letter
from tests.conftest import DEMO, copy_of_demo
from tests.demo_pages import provenance
from tests.flows.living_site import LivingSite, alive, crawl_once

NAME, LANDLINE, MOBILE, MAIL, IDENTITY = (
    "欧阳惠岚",
    "024-86901357",
    "13904012345",
    "ouyang@lnedu.gov.cn",
    "210102197001011234",
)
SECRETS = (NAME, LANDLINE, "86901357", MOBILE, MAIL, IDENTITY)
HOTLINE = "024-12355"


def page(file: str) -> str:
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>答复</title></head><body>
<div class="xxgk_tit"><h1>对省政协十三届二次会议《关于开通热线的提案》(第0001号)提案的答复</h1></div>
<div class="TRS_Editor"><p>张三委员：</p><p>您提出的提案收悉，现答复如下：</p>
<p>我们将继续办好{HOTLINE}青少年服务热线。有关材料请发送至{MAIL}，经办人身份证号{IDENTITY}，手机{MOBILE}。</p>
<p>辽宁省教育厅</p><p>2024年5月30日</p><p>（联系人：{NAME}；联系电话：{LANDLINE}）</p>
<p><a href="{file}">附件：联系人{NAME}，电话{LANDLINE}.docx</a></p></div></body></html>"""


def attachment() -> bytes:
    document = docx.Document()
    document.add_paragraph("附件：专项工作安排。")
    document.add_paragraph(f"联系人：{NAME}，联系电话：{LANDLINE}，邮箱：{MAIL}")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


def test_no_string_that_is_published_holds_a_contact(dataset: Dataset) -> None:
    site = LivingSite()
    path = site.add("1")
    site.pages[path] = page("file.docx")
    site.titles[path] = f"答复（联系人：{NAME}，{LANDLINE}）"
    body = attachment()
    site.answers[path.replace("index.shtml", "file.docx")] = lambda connection: connection.send(body=body)
    other = site.add("2")
    site.pages[other] = f"<html><body><p>联系人：{NAME} {LANDLINE}</p></body></html>"
    with alive(site, dataset) as (live, _):
        crawl_once(live)
    archive = Archive(live.archive)
    catalogue = read_catalogue(archive, live)
    with DOCUMENTS:
        read = [read_group(archive, live, group, None) for group in page_groups(archive, catalogue)]
        letters = one_letter_each(archive, live, catalogue, read)
    published = [json.loads(letter.record.model_dump_json()) for letter in letters]
    issues = [*catalogue.issues, *unread(letters, read), *(found for letter in letters for found in letter.issues)]
    published += [json.loads(found.model_dump_json()) for found in issues]
    said = list(strings(published))
    assert [text for text in said if any(secret in text for secret in SECRETS)] == []
    assert any(HOTLINE in text for text in said)
    (record,) = [letter.record for letter in letters]
    assert [row.status for row in record.attachments] == ["read"]
    assert "专项工作安排" in (record.attachments[0].text or "")
    removed = {found.detail.split(":")[0] for found in issues if found.code == "contact_removed"}
    assert {"email", "id_number", "mobile_number"} <= removed


def test_a_salutation_on_the_title_line_keeps_its_name_and_loses_the_number() -> None:
    html = (
        '<div class="xxgk_tit"><h1>关于第0001号提案的答复 王五委员13812345678:</h1></div>'
        '<div class="TRS_Editor"><p>您提出的提案收悉,现答复如下:</p><p>我省推进职业教育。</p></div>'
    )
    record = read_letter(html, load_dataset("demo", DEMO.parent).page_selectors(), provenance()).record
    assert record
    assert not any("1381" in text for text in strings(json.loads(record.reply.model_dump_json())))
    assert [proposer.name for proposer in record.reply.proposers] == ["王五"]
