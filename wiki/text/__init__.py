"""Text processing without Django and without the database: strings in, values out.

Titles (`titles`), front matter (`frontmatter`), source text to sanitized HTML with placeholders
(`markup`), comparison (`diffing`) and three-way merges (`merging`). Other packages of the wiki import
this one; it imports none of them, only `wiki.errors`.
"""
