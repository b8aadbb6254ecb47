"""Media of the stand-in platform: legs, sources and the STUN responder."""
