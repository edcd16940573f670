"""The archive format: written, read, checked, imported."""
