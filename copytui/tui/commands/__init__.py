"""Every command of the screen: keys, palette, labels, and what each one does."""
