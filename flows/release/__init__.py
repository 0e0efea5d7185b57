"""Records → release: validated rows, Parquet files, manifest, gate, one rename."""
