"""Zoho over HTTP: an organisation of Zoho CRM and the accounts server before it."""

import time

from cody2zoho.simulators.wire import Clock, Reply, Request

from . import accounts, coql
from .access import authenticate, refuse_without_permission, refuse_without_scopes
from .accounts import Accounts
from .call import Call
from .errors import Refused
from .knobs import ZohoKnobs
from .limits import Credits, refuse_crowd
from .organisation import Organisation
from .routes import Route, find_route
from .tokens import AccessToken

#: What costs no credits, whatever the knob says.
FREE_STATUSES = (401, 429)


class Zoho(Organisation):
    """The simulator. Starts without records and custom fields, with the demo client and its refresh token."""

    name = "zoho"

    def __init__(self, clock: Clock = time.time, knobs: ZohoKnobs | None = None) -> None:
        super().__init__(clock, knobs)
        self.accounts = Accounts(clock, self.knobs, self.zgid)
        self.credits = Credits(clock, self.knobs)

    def handles(self, path: str) -> bool:
        return path.startswith((accounts.PREFIX, "/crm/"))

    def handle(self, request: Request) -> Reply:
        if request.path.startswith(accounts.PREFIX):
            return self.accounts.handle(request)
        try:
            return self._api(request)
        except Refused as refused:
            return refused.reply()

    def _api(self, request: Request) -> Reply:
        """The order is ours: the path, the token, the crowd, the credits, then the work."""
        route, names = find_route(request.method, request.path)
        token = authenticate(self.accounts, request)
        call = Call(self, request, names, self.user)
        refuse_crowd(self.knobs, request.in_flight, heavy=route.heavy(call))
        cost = route.cost(call)
        self.credits.refuse_unaffordable(cost)
        reply = self._answer(route, call, token)
        return self._charged(reply, cost)

    def _answer(self, route: Route, call: Call, token: AccessToken) -> Reply:
        try:
            self._refuse_unentitled(route, call, token)
            return route.operation(call)
        except Refused as refused:
            return refused.reply()

    def _refuse_unentitled(self, route: Route, call: Call, token: AccessToken) -> None:
        """An unknown module is told before a missing scope."""
        module = call.module.api_name if "module" in call.names else ""
        queried = coql.module_named(call) if route.operation is coql.query else ""
        needed = [scope.format(module=module, coql=queried) for scope in route.scopes]
        # A query that cannot be parsed has no module to be entitled to; its operation says what is wrong with it.
        refuse_without_scopes(token, [scope for scope in needed if ".." not in scope])
        if route.permission:
            refuse_without_permission(self.knobs.denied_permissions, route.permission, module)

    def _charged(self, reply: Reply, cost: int) -> Reply:
        free = reply.status in FREE_STATUSES or (reply.status >= 400 and not self.knobs.failed_calls_cost)
        headers = self.credits.spend(0 if free else cost)
        return Reply(reply.status, reply.body, {**reply.headers, **headers}) if headers else reply
