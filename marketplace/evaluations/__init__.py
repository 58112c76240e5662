"""Evaluations: both halves and the score of an enterprise, frozen as a preview, published, reminded of."""
