"""Rendering of pages to stored HTML, link table, final output, page cache."""
