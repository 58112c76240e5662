"""Personal data and the record of each enterprise: a copy for whom it is of, erasure, retention."""
