"""What is known and concluded: frozen values, no I/O, no clock."""
