"""Early warnings: who may fall to grade D or E within 90 days, as a hint for staff; it decides nothing."""
