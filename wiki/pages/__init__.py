"""Pages and their versions, places, titles, links, rendering, views.

Every change of a page goes through `writing.page_writer`, and only `writing.version_store` writes reversion's rows.
Queries for readers begin with `WikiPage.objects.readable_by(user)`.
"""
