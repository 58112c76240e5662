"""Who could take a waste, with or without an open demand, and requests for contact to them."""
