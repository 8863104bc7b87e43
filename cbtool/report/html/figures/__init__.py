"""The figures. Each is drawn from the page's document, once for wide pages and once for narrow ones."""
