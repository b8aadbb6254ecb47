"""The stand-in platform: REST, signalling and media of SignalWire on one machine."""
