"""Execution of queries: compiler, name resolution, printouts, sorting, timeouts."""
