"""Transporters: their permits, vehicles, crew and insurance, verified; who may carry what on a day."""
