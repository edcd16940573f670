"""Pages in Wagtail's admin."""
