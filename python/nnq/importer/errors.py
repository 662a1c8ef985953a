"""What importing raises."""


class NetworkError(ValueError):
    """The network cannot be imported; the message says why, for all causes of one kind at once."""
