"""The embedded exchange: SmartAPI's protocol on loopback, with a market, a master who trades, and faults."""
