"""The tables of permits, and of what a channel keeps of itself."""

from .channel_records import ChannelFile, ChannelFileKind, ChannelTest, SecondaryWaste
from .permits import (
    CHANNEL_LIFE,
    LIFE,
    MODES,
    Channel,
    ChannelStatus,
    Licence,
    LicenceFile,
    LicenceKind,
    LicenceLine,
    LicenceStatus,
    PauseCause,
    TonnesUsed,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
    mode_mask,
    modes_of,
)

__all__ = [
    "CHANNEL_LIFE", "LIFE", "MODES", "Channel", "ChannelFile", "ChannelFileKind", "ChannelStatus",
    "ChannelTest", "Licence", "LicenceFile", "LicenceKind", "LicenceLine", "LicenceStatus", "PauseCause",
    "SecondaryWaste", "TonnesUsed", "TransferApproval", "VerifiedExemption", "WhiteListEntry", "mode_mask",
    "modes_of",
]  # fmt: skip
