"""Screens of pages: read, edit, manage, upload, lists."""
