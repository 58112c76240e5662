"""What is shown to everybody: boards of credit, exports and totals of them, and the figures of the town."""
