"""copytui copies the trades of one master Angel One account into many follower accounts."""

__version__ = "0.1.0"
