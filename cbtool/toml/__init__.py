"""TOML as cbtool reads and writes it: strictly, and with the line of every mistake."""
