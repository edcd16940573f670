"""The text room: strings in, values out, no Django.

Everything that can be known about a source text without asking the database lives
here: titles (`titles`), front matter (`frontmatter`), the cleaned HTML with its placeholders
(`markdown`, `worker`), differences (`diff`) and three-way merges (`merge`).  Rooms
upstairs import from here; this room imports nothing from them.
"""
