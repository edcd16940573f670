"""Comparison of texts: lines, hunks, sequences, words."""
