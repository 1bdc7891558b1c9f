"""The main screen: its panes, layout, search, and display clock."""
