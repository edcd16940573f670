"""MediaWiki's action API, for bots."""
