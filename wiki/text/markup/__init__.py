"""From source text to sanitized HTML with placeholders: Markdown, links, parser functions, sanitizer."""
