"""The tables of permits, of what is counted against them, and of what a channel keeps of itself."""

from .channel_records import ChannelFile, ChannelFileKind, ChannelTest, SecondaryWaste
from .ledger import WHOLE_LIFE, PermitKind, PermitUse, PermitYear, UseKind
from .permits import (
    CHANNEL_LIFE,
    LIFE,
    MODES,
    RECORDED,
    Channel,
    ChannelStatus,
    Licence,
    LicenceFile,
    LicenceKind,
    LicenceLine,
    LicenceStatus,
    PauseCause,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
    mode_mask,
    modes_of,
)

__all__ = [
    "CHANNEL_LIFE", "LIFE", "MODES", "RECORDED", "WHOLE_LIFE", "Channel", "ChannelFile", "ChannelFileKind",
    "ChannelStatus", "ChannelTest", "Licence", "LicenceFile", "LicenceKind", "LicenceLine", "LicenceStatus",
    "PauseCause", "PermitKind", "PermitUse", "PermitYear", "SecondaryWaste", "TransferApproval", "UseKind",
    "VerifiedExemption", "WhiteListEntry", "mode_mask", "modes_of",
]  # fmt: skip
