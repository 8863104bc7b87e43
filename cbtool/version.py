"""Which cbtool this is: apart, so that every room may say it without needing the whole package."""

__version__ = "0.1.0"
