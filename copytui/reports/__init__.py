"""Looking back: `history`, `why` and `replay`, from the journal and from saved order books. Nothing is ever sent."""
