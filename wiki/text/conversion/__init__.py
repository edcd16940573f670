"""Texts in other markup languages, turned into the Markdown of this wiki."""
