"""Inspections: checklists answered by an enterprise or an officer, findings, rectification, the report."""
