"""The site around the wiki: settings from the environment, addresses, headers, the server's door."""
