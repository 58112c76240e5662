"""Reads CSV and XLSX files of strangers into rows of cells, within bounds; rooms say what the cells mean.

Only the process that reads one file (`marketplace/sandbox`) uses it, so it imports nothing heavy.
"""
