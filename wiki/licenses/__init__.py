"""Licences: the catalogue, the compatibility of licences, attribution lines, and the pages that show them.

Imports `wiki.errors` and no other part of the wiki. The data is in the top-level folder `licenses/`
(catalogue, texts, compatibility table), so that a lawyer can read it without reading Python.
"""
