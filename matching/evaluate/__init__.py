"""How well rankings find the receivers of an exchange in CSV files: `python -m matching.evaluate`."""
