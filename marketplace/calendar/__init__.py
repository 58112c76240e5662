"""Working days of the Chinese calendar: the operator's table, then what the State Council announced, then
Monday to Friday with a warning."""
