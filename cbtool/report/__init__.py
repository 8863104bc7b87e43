"""Reports: text, JSON, JUnit and HTML from results; no terminal control, no file."""
