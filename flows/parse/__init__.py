"""Archive → records: everything that the letters say, read from kept bytes only."""
