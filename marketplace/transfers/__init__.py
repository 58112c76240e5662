"""Applications to move waste across a province line: a case file with its steps, papers and due days."""
