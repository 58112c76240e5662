"""Files of strangers are read by a process of their own, with limits: a bad one stops no one else."""

from .running import LimitReached, ReaderFailed, TooBusy, answer

__all__ = ["LimitReached", "ReaderFailed", "TooBusy", "answer"]
