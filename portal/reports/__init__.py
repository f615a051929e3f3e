"""The quarterly report: snapshots in, PDF out. Nothing here reads any other table."""
