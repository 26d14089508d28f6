"""What a report is drawn with: escaped markup, axes, a map frame, charts, tables and the page. Knows nothing of a night."""
