"""The commands of the screen: one class each, with its keys, its words and what it does."""
