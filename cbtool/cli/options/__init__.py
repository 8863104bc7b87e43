"""The options of the commands: each group that several share, declared once."""
