"""Directories: the pages of a kind on a map and in a list, narrowed by facets that come from the kind's form."""
