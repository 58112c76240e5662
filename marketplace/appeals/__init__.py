"""Appeals against credit events, and their repair: asked for by the enterprise, decided by four eyes."""
