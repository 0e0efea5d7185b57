"""Release → where others get it: copied, read back, and only then named as the latest."""
