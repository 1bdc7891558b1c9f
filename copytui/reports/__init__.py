"""Reports and commands on the journal: `history`, `why`, `replay`, `attention` and `resolve`. None sends an order."""
