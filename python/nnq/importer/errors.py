"""What importing raises."""

from ..errors import Error


class NetworkError(Error, ValueError):
    """The network cannot be imported; the message says why, for all causes of one kind at once."""
