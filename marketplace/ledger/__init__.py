"""The ledger of credit: every change of the record, sealed, so that a change made past the platform shows."""
