"""Files of strangers are read by a process of their own, with limits: a bad one stops no one else."""

from .running import LimitReached, ReaderFailed, TooBusy, answer
from .sheets import sheet_answer

__all__ = ["LimitReached", "ReaderFailed", "TooBusy", "answer", "sheet_answer"]
