"""Bytes in, facts out: pure functions that read a list page, a page and the letter on it.

Nothing here opens a connection or a file of the dataset, asks a clock or knows of Prefect; the only thing read from
disk is the package's own vocabulary.
"""

PARSER_VERSION = "0.3.0"
"""Goes into every reply: raise it when the parser reads something differently."""
