"""Views of pages: read, edit, manage, upload, lists."""
