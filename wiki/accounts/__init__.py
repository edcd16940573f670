"""User accounts: the user model, blocks, rate limits, registering and signing in."""
