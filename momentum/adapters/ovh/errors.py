"""What a call can end in, told with the way out."""

from __future__ import annotations

from momentum.errors import MomentumError

# errorCode of the API's answers, from its own errors as users report them; what is not here is told as it came.
_WAYS_OUT = {
    "INVALID_KEY": "check the application key and secret; they belong to one endpoint (ovh-eu, ovh-ca, ovh-us)",
    "INVALID_CREDENTIAL": "the consumer key is expired or not validated: make a new one and validate it in a browser",
    "NOT_CREDENTIAL": "the consumer key is missing: make one and validate it in a browser",
    "NOT_GRANTED_CALL": "the consumer key lacks the right for this call: make one with GET, POST, PUT, DELETE on it",
    "INVALID_SIGNATURE": "check the application secret: the API computes another signature than we do",
    "QUERY_TIME_OUT": "this machine's clock jumps: let NTP set it, then repeat",
}
_BY_STATUS = {
    429: "more than 60 calls a minute with this consumer key: wait a minute, then repeat; nothing was changed",
    404: "it does not exist, or not in the account of this consumer key",
}


class ApiError(MomentumError):
    """The API answered, and refused. Nothing was changed.

    `about_us`: it refused who asked, when or how often, and says nothing of what was asked for.
    """

    def __init__(self, status: int, error_code: str, message: str, *, call: str = "", answer: str = "") -> None:
        self.status = status
        self.error_code = error_code
        self.message = message
        self.answer = answer
        self.about_us = error_code in _WAYS_OUT or status == 429
        way_out = _WAYS_OUT.get(error_code) or _BY_STATUS.get(status) or _of_the_server(status)
        code = f", {error_code}" if error_code else ""
        super().__init__(f"OVH refused {call or 'a call'}: {message} (status {status}{code}): {way_out}.")


class BadConfiguration(MomentumError):
    """Something on this machine stands in the way of our keys."""


class NotReached(MomentumError):
    """No call of several attempts reached the API, or a reading call was never answered. Nothing was changed."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(f"OVH's API did not answer {call}: {reason}. Nothing was changed; repeat when it is back.")


class OutcomeUnknown(MomentumError):
    """A mutating call was sent and its answer lost: it may have happened. Read the world before doing it again."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(
            f"The answer to {call} was lost ({reason}); it may have been carried out. "
            "Apply again: what stands in the account is read first, nothing is done twice."
        )


def _of_the_server(status: int) -> str:
    if status >= 500:
        return "the fault is on OVH's side: repeat later; nothing was changed"
    return "see the message; nothing was changed"
