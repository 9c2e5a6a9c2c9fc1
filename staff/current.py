"""Which request is being answered: for the log only. Who acts is always an argument."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Current:
    request_id: str = ""
    address: str | None = None


current: ContextVar[Current] = ContextVar("current_request", default=Current())  # noqa: B039 - frozen
