"""The main screen and the dialogs above it, one module each."""
