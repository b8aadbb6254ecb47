"""SIP without I/O: user agents register, call and ring. The sockets are in ``sip_shell.py``."""
