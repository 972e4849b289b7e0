"""What every question to the operations API is answered with."""

import time
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer

from cody2zoho.ops.access import Access
from cody2zoho.ops.lookout import Lookout
from cody2zoho.ops.situation import Late, Situation, look
from cody2zoho.services import Services

#: Tells who reads the OpenAPI document that a token is wanted; `Access` looks at it.
_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="What OPS_TOKEN says.")


@dataclass(frozen=True)
class Desk:
    services: Services
    access: Access
    lookout: Lookout
    began_at: float = field(default_factory=time.monotonic)
    #: Set once a worker was seen.
    was_at_work: Event = field(default_factory=Event)

    @classmethod
    def of(cls, services: Services) -> "Desk":
        token = services.settings.ops_token.get_secret_value()
        late = Late()
        return cls(services, Access(token), Lookout(lambda: look(services, late)))

    @property
    def uptime_seconds(self) -> float:
        return time.monotonic() - self.began_at

    def situation(self) -> Situation:
        """Raises HTTPException where Redis does not answer; a person waits a little longer for it than a probe."""
        found = self.lookout.situation(patience_seconds=2.0)
        if found is None:
            raise HTTPException(503, "Redis does not answer as it should")
        return found


# None of these waits, so none needs a thread; all threads may be waiting for Cody and Zoho.
async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _reading(request: Request, _: Annotated[Any, Depends(_BEARER)]) -> Desk:
    desk = await _desk(request)
    desk.access.read(request)
    return desk


async def _asking(request: Request, _: Annotated[Any, Depends(_BEARER)]) -> Desk:
    desk = await _desk(request)
    desk.access.ask(request)
    return desk


async def _acting(request: Request, _: Annotated[Any, Depends(_BEARER)]) -> Desk:
    desk = await _desk(request)
    desk.access.act(request)
    return desk


#: For everybody; for who may read; for who may have Cody and Zoho asked; for who may change something.
Anybody = Annotated[Desk, Depends(_desk)]
Reader = Annotated[Desk, Depends(_reading)]
Asker = Annotated[Desk, Depends(_asking)]
Actor = Annotated[Desk, Depends(_acting)]
