"""Pure cores of the stand-in platform: events in, commands out, no I/O."""
