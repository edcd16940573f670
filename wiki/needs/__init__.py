"""Needs and offers of pages, matched by their words; what a practice needs, and who near a place has it."""
