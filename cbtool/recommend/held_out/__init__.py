"""Is an answer right about traffic that it was not made from? Parts of a log are fitted, the rest judges."""
