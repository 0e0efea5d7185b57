"""Real files for tests: docx by python-docx, pdf by hand, and what is done to them to make a reader stumble."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence

import docx

A4 = (595, 842)
LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "笑笑笑笑笑笑笑笑笑笑">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
"""Ten characters that want to become ten thousand million."""


def docx_of(*paragraphs: str, table: Sequence[Sequence[str]] = ()) -> bytes:
    """Return a docx of paragraphs, and of a table after the first one."""
    document = docx.Document()
    for n, paragraph in enumerate(paragraphs):
        document.add_paragraph(paragraph)
        if n == 0 and table:
            added = document.add_table(len(table), len(table[0]))
            for row, said in zip(added.rows, table, strict=True):
                for cell, text in zip(row.cells, said, strict=True):
                    cell.text = text
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def with_member(body: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a zip with a member changed, or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, change(old.read(name) if name in old.namelist() else b""))
    return made.getvalue()


def with_body(body: bytes, change: Callable[[str], str]) -> bytes:
    """Return a docx with the markup of its document changed."""
    return with_member(body, "word/document.xml", lambda part: change(part.decode()).encode())


def laughing(body: bytes, encoding: str = "utf-8") -> bytes:
    """Return a docx whose text is an entity that expands to ten thousand million characters."""

    def change(part: bytes) -> bytes:
        markup = part.decode().split("?>", 1)[1]
        declared = f'<?xml version="1.0" encoding="{encoding}"?>{LAUGHS}{markup.replace("笑话", "&j;")}'
        return declared.encode(encoding)

    return with_member(body, "word/document.xml", change)


def locked_zip(body: bytes) -> bytes:
    """Return a zip whose members say that they are encrypted."""
    locked = bytearray(body)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    return bytes(locked)


Placed = tuple[float, float, str]
"""Where a line begins, from the left and from the bottom, and what it says."""


def pdf_of(
    *pages: Sequence[Placed], size: float = 12, trailer: str = "", more: bytes = b"", filters: str = ""
) -> bytes:
    """Return a PDF of lines at their places, in a Chinese font that every reader has."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    font = (
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts "
        "[<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor << /Type /FontDescriptor /FontName "
        "/STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 "
        "/StemV 93 >> >>] >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        font.encode(),
    ]
    for n, lines in enumerate(pages):
        drawn = "".join(
            f"BT /F1 {size} Tf {x} {y} Td <{said.encode('utf-16-be').hex()}> Tj ET\n" for x, y, said in lines
        )
        stream = more or drawn.encode()
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {A4[0]} {A4[1]}] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(stream)} {filters} >>\nstream\n".encode() + stream + b"\nendstream")
    made, places = b"%PDF-1.4\n", []
    for number, said in enumerate(objects, start=1):
        places.append(len(made))
        made += f"{number} 0 obj\n".encode() + said + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(places) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(made)}\n%%EOF\n"
    return made + end.encode()


def locked_pdf() -> bytes:
    """Return a PDF that wants a password."""
    secret = "ab" * 32
    trailer = (
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{secret}> /U <{secret}> /P -4 >> /ID [<{'cd' * 16}><{'cd' * 16}>]"
    )
    return pdf_of([(72, 700, "张三委员：")], trailer=trailer)


def swelling_pdf(gigabytes: int) -> bytes:
    """Return a small PDF whose page inflates to gigabytes."""
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(bytes(1_000_000)) for _ in range(1000 * gigabytes)) + packer.flush()
    return pdf_of([], more=zlib.compress(once, 9), filters="/Filter [/FlateDecode /FlateDecode]")


def letter_pdf(*sentences: str) -> bytes:
    """Return a letter as a PDF: full lines of 36 characters, paragraphs indented by two."""
    lines: list[str] = []
    for sentence in sentences:
        indented = sentence if sentence.endswith("：") else "\u3000\u3000" + sentence
        lines += [indented[at : at + 36] for at in range(0, len(indented), 36)]
    return pdf_of([(72, 760 - 22 * n, line) for n, line in enumerate(lines)])
