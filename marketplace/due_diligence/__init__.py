"""The generator's due diligence for each entrustment: what it checked of its contractors, kept by deal."""
