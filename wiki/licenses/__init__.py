"""Licences: what may be shared, under what name, and what may become what.

Lives on floor 2: imports `wiki.errors` and nothing else of the house. The data is in the
top-level folder `licenses/` (catalogue, texts, compatibility table), so that a lawyer can read it
without reading Python. `catalogue` names licences, `compatibility` answers "may this become
that?", `credits` writes attribution lines, `views` shows the texts.
"""
