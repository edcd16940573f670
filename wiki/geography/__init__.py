"""Geography: the communes of France, from a table that `make install` makes of published data.

`communes` answers `find_communes` and `commune_by_name` without the wiki's database. Imports
`wiki.text` and no other part of the wiki.
"""
