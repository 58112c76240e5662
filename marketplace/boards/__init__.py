"""What is shown of credit: boards, exports to other departments, totals of points, and what tiers do."""
