"""Golden records: page in, record out.

A missing golden is written and its test fails, so that somebody reads it before it is committed. Words cut for search
are left out: they change with jieba's dictionary and have their own tests.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.demo_pages import read_page

GOLDEN = Path(__file__).parent / "golden"
PAGES = [
    "szxta-seed-0536",
    "szxta-co-handling-0208",
    "szxta-date-damaged-0467",
    "szxta-docx-row-0176",
    "szxta-full-width-0312",
    "szxta-gb18030-0127",
    "szxta-group-run-in-0097",
    "szxta-national-3330",
    "szxta-nested-quotes-0441",
    "szxta-no-title-0219",
    "szxta-odd-metas-0117",
    "szxta-short-57",
    "srddbjy-clean-1191",
    "srddbjy-1348-opinion",
    "srddbjy-1411353",
    "srddbjy-2009-bom-header",
    "srddbjy-2017-late-gb2312",
    "srddbjy-commitment-traps",
    "srddbjy-contact-and-hotline",
    "srddbjy-dh0271",
    "srddbjy-four-levels",
    "srddbjy-no-salutation-no-signature",
    "srddbjy-pdf-row",
    "srddbjy-quantity-traps",
    "srddbjy-table-in-letter",
    "srddbjy-edited-1154-later",
    "srddbjy-edited-1154",
    "srddbjy-kind-conflict-body",
    "srddbjy-kind-conflict-title",
    "srddbjy-laixin",
    "srddbjy-nested-title-attachments",
    "srddbjy-repeated-title",
    "srddbjy-title-ends-tian",
    "srddbjy-withdrawn-1219",
    "szxta-clean-0372",
    "szxta-edited-0163-later",
    "szxta-joint-six-0389",
]


@pytest.mark.parametrize("name", PAGES)
def test_the_record_is_the_golden_one(name: str) -> None:
    reading = read_page(name)
    assert reading is not None
    assert reading.record is not None
    found = {
        "record": reading.record.model_dump(
            mode="json",
            exclude={
                "reply": {"title_tokens"},
                "sections": {"__all__": {"tokens"}},
                "sentences": {"__all__": {"tokens"}},
                "history": True,
            },
        ),
        "issues": [row.model_dump(mode="json") for row in reading.issues],
    }
    path = GOLDEN / f"{name}.json"
    if not path.exists():
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{path.name} was missing and is written: read it, then commit it")
    assert found == json.loads(path.read_text(encoding="utf-8"))
