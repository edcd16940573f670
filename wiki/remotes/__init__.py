"""Pages of other sites: HTTP client, import as mirrors, and polling for new versions."""
