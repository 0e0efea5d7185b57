"""publish: a verified release → every file to a place → read back → `latest` switched, last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows import console
from flows.errors import UsageError
from flows.lease import sole_writer
from flows.publish import upload
from flows.publish.listing import Listing
from flows.publish.upload import Shipment
from flows.read.releases import release_of, verified
from flows.storage import Place, place


@flow(name="publish", flow_run_name="publish-{named}", persist_result=False)
def publish(named: str, datasets: str, target: str | None = None) -> dict[str, Any]:
    """Publish a release, NAME or NAME@VERSION, in a place; return the report as plain data."""
    dataset, release = release_of(named, Path(datasets))
    url = target or dataset.publish_url()
    if url is None:
        raise UsageError(
            f"say where {dataset.name} is to be published: s3://bucket/prefix or a folder, after the dataset, or as "
            f"storage.publish in {dataset.folder / 'dataset.toml'}"
        )
    verified(release)
    return published(place(url), release, dataset.name)


def published(there: Place, release: Path, dataset: str) -> dict[str, Any]:
    """Publish a release, which is whole, in a place; return the report as plain data."""
    sending = upload.shipment(release)
    with sole_writer(there):
        listing = upload.accepted(there, sending, dataset)
        files, size = send(there, sending)
        checked = read_back(there, sending)
        listed = list_release(there, sending, listing)
    report = {
        "release": release.name,
        "target": there.url,
        "files": len(sending.digests),
        "sent_files": files,
        "sent_bytes": size,
        "verified_bytes": checked,
        "latest": listed.latest,
    }
    create_table_artifact(
        table=[{"what": name, "value": value} for name, value in report.items()],
        key=f"publish-{dataset}",
        description=f"Release {release.name} of {dataset} in {there.url}",
    )
    get_run_logger().info("published %s in %s", release.name, there.url)
    return report


@task(cache_policy=NO_CACHE)
def send(there: Place, sending: Shipment) -> tuple[int, int]:
    """Send every file that is not there."""
    with console.stage("publish: send", len(sending.digests), "files") as advance:
        return upload.send(there, sending, advance)


@task(cache_policy=NO_CACHE)
def read_back(there: Place, sending: Shipment) -> int:
    """Read every file back and check it."""
    with console.stage("publish: read back", len(sending.digests), "files") as advance:
        return upload.read_back(there, sending, advance)


@task(cache_policy=NO_CACHE)
def list_release(there: Place, sending: Shipment, listing: Listing) -> Listing:
    """Switch `latest`, last."""
    return upload.list_release(there, sending, listing)
