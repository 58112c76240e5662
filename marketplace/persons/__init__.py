"""Persons: who acts for an enterprise or as staff, with which right, and how they log in."""
