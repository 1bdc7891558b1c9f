"""The mode bar, the four panes and the key bar, one module each."""
