"""The stages of the pipeline and the `dafu` command: crawl → parse → release, and what reads a release.

Prefect is imported in `flow.py` files, `pipeline.py`, `runs.py` and `deployments.py` only; everything else can be
called from a notebook.
"""
