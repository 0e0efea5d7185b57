"""The digest of a table's rows: of what they say, however a Parquet file says it.

It is computed column by column, so that it can be told which column of a table differs, and streaming, from Arrow
batches. A column is a tree of nodes: the column itself, below a list its items, below a struct its parts in order.
Every node has three streams of bytes over its values in order:

    validity   one byte a value: 1, or 0 for null
    lengths    of text (in UTF-8 bytes) and lists (in items): four bytes a value, 0 for null
    values     text: its UTF-8 bytes, nothing for null; a number: its bytes, eight (a date four, a boolean one), 0 for
               null; a date counts days and a time microseconds since 1970 (UTC); nothing of lists and structs

Numbers are little-endian. Below a null there is nothing in a list, and a null in each part of a struct. The digest of
a node is the SHA-256 of the SHA-256 (32 bytes each) of its three streams, followed by the digests of the nodes below
it; that of rows is the SHA-256 of a line a column in the order of the table: name, space, digest of the column in hex,
line feed.

Nothing of it depends on how the rows are cut into batches, row groups or files, on compression, on dictionaries, or on
what lies in the memory of a null: another writer, or another version of it, gives the same digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc


class Digests:
    """The digests of a table's columns, as batch after batch of its rows goes by."""

    def __init__(self, schema: pa.Schema) -> None:
        """Begin with no rows; the batches are to have `schema`."""
        self._columns = {field.name: _Node(field.type) for field in schema}

    def update(self, batch: pa.RecordBatch) -> None:
        """Take in the rows of a batch."""
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self._columns[name].update(column)

    def columns(self) -> dict[str, str]:
        """Return the digest of every column, by name, in hex."""
        return {name: node.digest().hex() for name, node in self._columns.items()}


def rows_digest(columns: Mapping[str, str], without: Collection[str] = ()) -> str:
    """Return the digest of rows, in hex, from those of their columns; `without` some columns."""
    said = "".join(f"{name} {digest}\n" for name, digest in columns.items() if name not in without)
    return hashlib.sha256(said.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Node:
    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._streams = [hashlib.sha256() for _ in range(3)]
        if pa.types.is_list(kind):
            self._below = [_Node(kind.value_type)]
        elif pa.types.is_struct(kind):
            self._below = [_Node(field.type) for field in kind]
        else:
            self._below = []

    def update(self, values: pa.Array) -> None:
        validity, lengths, content = self._streams
        if not values.null_count:
            validity.update(b"\x01" * len(values))
        else:
            validity.update(_bytes(values.is_valid().cast(pa.uint8())))
        if pa.types.is_list(self._kind):
            lengths.update(_bytes(values.value_lengths().fill_null(0)))
            self._below[0].update(values.flatten())
        elif pa.types.is_struct(self._kind):
            for node, part in zip(self._below, values.flatten(), strict=True):
                node.update(part)
        elif pa.types.is_string(self._kind):
            values = values.fill_null("") if values.null_count else values
            lengths.update(_bytes(pc.binary_length(values)))
            content.update(_text(values))
        else:
            content.update(_bytes(_numbers(values)))

    def digest(self) -> bytes:
        parts = [stream.digest() for stream in self._streams] + [node.digest() for node in self._below]
        return hashlib.sha256(b"".join(parts)).digest()


def _numbers(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.uint8())
    elif pa.types.is_date32(values.type):
        values = values.view(pa.int32())
    elif pa.types.is_timestamp(values.type):
        values = values.view(pa.int64())
    return values.fill_null(0) if values.null_count else values


def _bytes(numbers: pa.Array) -> memoryview:
    width = numbers.type.bit_width // 8
    start = numbers.offset * width
    return memoryview(numbers.buffers()[1] or b"")[start : start + len(numbers) * width]


def _text(values: pa.Array) -> memoryview:
    _, offsets, content = values.buffers()
    if not len(values) or content is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("i")
    return memoryview(content)[ends[values.offset] : ends[values.offset + len(values)]]
