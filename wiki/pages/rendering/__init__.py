"""Stored HTML of pages: its rendering, the links in it, its placeholders filled, the page cache."""
