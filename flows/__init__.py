"""The stages of the pipeline and the `dafu` command: crawl → parse → release, and what reads a release.

Prefect is imported in `flow.py` files, `pipeline.py` and `deployments/` only; everything else can be called from a
notebook.
"""
