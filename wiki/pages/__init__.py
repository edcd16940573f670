"""Floor 3: pages and their versions, places, titles, links, the one writer, rendering.

Whatever changes a text goes through `saving`; whatever reads pages starts from
`WikiPage.objects.readable_by(user)`. Only `storing` writes reversion's rows.
"""
