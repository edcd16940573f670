"""Source text to safe HTML with placeholders: Markdown, links, parser functions, sanitizer."""
