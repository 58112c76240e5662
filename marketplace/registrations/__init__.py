"""Registrations (备案) of receivers of general waste, with their plants and stores."""
