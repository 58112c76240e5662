"""From a pairing to an agreed transfer: offers with their rounds, deals with their settlement."""
