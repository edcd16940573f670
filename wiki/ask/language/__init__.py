"""The query language: abstract syntax tree, parser of conditions, errors. No database."""
