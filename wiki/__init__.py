"""The wiki. Its packages are layers; a package imports only from lower layers.

import-linter checks this in `make lint`; CONTRIBUTING.md describes the layers.
"""
