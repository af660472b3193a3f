"""The command `nural`, one file a command; `nural_command` starts it."""
