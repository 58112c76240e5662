"""Online reporting of hazardous waste: management classes, declarations by period, and plans of the year."""
