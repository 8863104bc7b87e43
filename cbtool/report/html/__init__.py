"""One self-contained HTML page: its data as one document, its figures as SVG, no script.

`study` finds out, `document` says it as JSON, and everything that a reader sees is drawn from that document.
"""
