"""Linked and open data: schema.org metadata, addresses of the data of pages, catalogues, exports, and SPARQL."""
