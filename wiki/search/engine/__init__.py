"""A Whoosh backend for modelsearch; settings name its module `backend`.

It depends on no model of the wiki: it can search any indexed model.
"""
