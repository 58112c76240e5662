"""Files that prove something: which kinds are taken; `uploaded_files` judges whether a file is of one."""

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
SIGNATURES = {PDF: b"%PDF-", JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n"}
"""The first bytes of each kind of file that is taken."""
DOCUMENT_TYPES = tuple(SIGNATURES)
PICTURE_TYPES = (JPEG, PNG)
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png"}
MAX_DOCUMENT = 10 * 1024 * 1024
"""Bytes of one file; our own choice."""
