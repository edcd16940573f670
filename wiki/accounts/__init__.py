"""Floor 2: people. Users, blocks, limits; registering and signing in."""
