"""From a query to its rows: compiler, name resolution, printouts, sorting, timeouts."""
