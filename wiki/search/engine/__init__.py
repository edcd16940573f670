"""Whoosh as a backend of modelsearch: `backend` is what settings name, the other modules are its parts.

It knows nothing of the wiki: any indexed model of any Django project can be searched by it.
"""
