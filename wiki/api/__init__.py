"""MediaWiki's action API, for bots and other clients."""
