"""A follower's account: its state, session, order book, and funds."""
