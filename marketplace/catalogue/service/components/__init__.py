"""What wastes contain: the names of components, their units, and the ranges that are compared."""
