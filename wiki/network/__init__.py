"""What the wiki shows of a place as a place, and of the network of all places: layers, needs, shares of resources."""
