"""The archive format: writing, reading, validation and import."""
