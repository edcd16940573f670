"""Pages of other sites: fetched, kept as mirrors, forked, asked whether they have moved, and taken as proposals."""
