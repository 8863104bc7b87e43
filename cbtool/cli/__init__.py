"""The command line: one module a command, which parses, calls, prints and exits. No logic of its own."""
