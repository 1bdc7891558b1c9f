"""Halts, close only, the STOP file, and orphaned positions."""
