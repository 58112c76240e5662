"""Manifests: one vehicle trip of one sender, from the draft to what became of the waste."""
