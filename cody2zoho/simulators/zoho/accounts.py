"""Zoho's accounts server over HTTP. It reports its errors inside HTTP 200: only `access_token` means success."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from cody2zoho.simulators.wire import Clock, Reply, Request

from . import consent
from .knobs import ZohoKnobs
from .tokens import ACCESS_SECONDS, Client, Grant, Tokens

PREFIX = "/oauth/"
ACCESS_DENIED = {
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "error": "Access Denied",
    "status": "failure",
}
Parameters = Mapping[str, str]


class OAuthError(Exception):
    """`{"error": name}` with HTTP 200."""


class Accounts(Tokens):
    """The tokens with an HTTP face."""

    def __init__(self, clock: Clock, knobs: ZohoKnobs, zgid: str) -> None:
        super().__init__(clock, knobs)
        self.zgid = zgid

    def handle(self, request: Request) -> Reply:
        endpoint = ENDPOINTS.get((request.method, request.path))
        if endpoint is None:
            return Reply.html(404, "Not Found")
        try:
            return endpoint(self, request)
        except OAuthError as error:
            return Reply.json(200, {"error": str(error)})


def base_url(request: Request) -> str:
    """Where the client found us: what `api_domain` must name, or the client would go to the real Zoho."""
    return f"http://{request.headers.get('host', 'localhost')}"


def parameters_of(request: Request) -> Parameters:
    """Query and form body alike; Zoho takes either."""
    form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {**request.query, **dict(form)}


# -- consent


def authorize(accounts: Accounts, request: Request) -> Reply:
    """A browser gets the consent page, and its mistakes as pages; whoever wants no HTML decides by the knob at once."""
    is_browser = "text/html" in request.headers.get("accept", "")
    try:
        client = _asking(accounts, request.query)
    except OAuthError as error:
        if is_browser:
            return consent.mistake(str(error))
        raise
    decision = request.query.get(consent.DECISION) or ("" if is_browser else _by_knob(accounts))
    if not decision:
        return consent.page(request.query)
    return _redirect(request.query, _decided(accounts, client, request, decision))


def _asking(accounts: Accounts, query: Parameters) -> Client:
    """The client that a consent page may be shown for."""
    client = _client(accounts, query)
    allowed = [client.redirect_uri] if client.redirect_uri else accounts.knobs.redirect_addresses
    redirect_uri = query.get("redirect_uri", "")
    if not redirect_uri or (allowed and redirect_uri not in allowed):
        raise OAuthError("invalid_redirect_uri")
    if query.get("response_type") != "code" or not query.get("scope"):
        raise OAuthError("general_error")
    return client


def _by_knob(accounts: Accounts) -> str:
    return consent.ACCEPT if accounts.knobs.consent else consent.REJECT


def _redirect(query: Parameters, answer: dict[str, str]) -> Reply:
    state = {"state": query["state"]} if "state" in query else {}
    return Reply(302, b"", {"Location": f"{query['redirect_uri']}?{urlencode({**answer, **state})}"})


def _decided(accounts: Accounts, client: Client, request: Request, decision: str) -> dict[str, str]:
    if decision != consent.ACCEPT or not client.grants.admits(accounts.clock()):
        return {"error": "access_denied"}
    code = accounts.issue_grant_code(
        split_scopes(request.query["scope"]),
        client.id,
        redirect_uri=request.query["redirect_uri"],
        offline=request.query.get("access_type") == "offline",
    )
    server = accounts.knobs.accounts_server or base_url(request)
    return {"code": code, "location": accounts.knobs.location, "accounts-server": server}


def _is_elsewhere(accounts: Accounts, request: Request) -> bool:
    """Whether the client asks a data centre that is not the person's, by the name of the host alone."""
    home = accounts.knobs.accounts_server
    return home is not None and urlsplit(home).netloc != request.headers.get("host")


def split_scopes(text: str) -> list[str]:
    """Commas in requests; blanks are forgiven."""
    return text.replace(",", " ").split()


# -- tokens


def token(accounts: Accounts, request: Request) -> Reply:
    """In another data centre than the person's nothing of theirs is known."""
    parameters = parameters_of(request)
    if _is_elsewhere(accounts, request):
        raise OAuthError(accounts.knobs.elsewhere)
    client = _client(accounts, parameters)
    if parameters.get("client_secret") != client.secret:
        raise OAuthError("invalid_client_secret")
    grant = GRANTS.get(parameters.get("grant_type", ""))
    if grant is None:
        raise OAuthError("general_error")
    return grant(accounts, request, client, parameters)


def _exchange(accounts: Accounts, request: Request, client: Client, parameters: Parameters) -> Reply:
    """A grant code for a refresh token and the first access token. A code works once, even when it fails."""
    grant = accounts.grants.pop(parameters.get("code", ""), None)
    if grant is None or grant.client_id != client.id or grant.expires_at <= accounts.clock():
        raise OAuthError("invalid_code")
    if grant.redirect_uri and parameters.get("redirect_uri") != grant.redirect_uri:
        raise OAuthError("invalid_redirect_uri")
    if not client.exchanges.admits(accounts.clock()):
        raise OAuthError("access_denied")
    return _granted(accounts, request, client, grant)


def _granted(accounts: Accounts, request: Request, client: Client, grant: Grant) -> Reply:
    if not grant.offline:
        return _success(accounts, request, accounts.issue_lone_access_token(grant.scopes))
    refresh_token = accounts.issue_refresh_token(grant.scopes, client.id)
    return _success(accounts, request, accounts.issue_access_token(refresh_token), refresh_token=refresh_token)


def _refresh(accounts: Accounts, request: Request, client: Client, parameters: Parameters) -> Reply:
    known = accounts.refresh_tokens.get(parameters.get("refresh_token", ""))
    if known is None or known.client_id != client.id:
        raise OAuthError("invalid_code")
    if not known.window.admits(accounts.clock(), prolonged=accounts.knobs.throttle_prolongs):
        return Reply.json(accounts.knobs.refresh_throttle_status, ACCESS_DENIED)
    return _success(accounts, request, accounts.issue_access_token(known.value))


def _client_credentials(accounts: Accounts, request: Request, client: Client, parameters: Parameters) -> Reply:
    """For a self client: the organisation must be named, and there is no refresh token."""
    if parameters.get("soid") != f"ZohoCRM.{accounts.zgid}":
        raise OAuthError("missing_org_info")
    if not parameters.get("scope") or not client.exchanges.admits(accounts.clock()):
        raise OAuthError("access_denied" if parameters.get("scope") else "invalid_scope")
    return _success(accounts, request, accounts.issue_lone_access_token(split_scopes(parameters["scope"])))


def _success(accounts: Accounts, request: Request, value: str, **more: str) -> Reply:
    issued = accounts.access_tokens[value]
    content = {
        "access_token": value,
        **more,
        "scope": " ".join(issued.scopes),
        "api_domain": accounts.knobs.api_domain or base_url(request),
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
    }
    return Reply.json(200, content)


def revoke(accounts: Accounts, request: Request) -> Reply:
    if not _is_elsewhere(accounts, request) and accounts.revoke(parameters_of(request).get("token", "")):
        return Reply.json(200, {"status": "success"})
    return Reply.json(400, {"error": "invalid_token", "status": "failure"})


def server_info(accounts: Accounts, request: Request) -> Reply:
    locations = {accounts.knobs.location: base_url(request)}
    return Reply.json(200, {"result": "success", "locations": locations})


def _client(accounts: Accounts, parameters: Parameters) -> Client:
    client = accounts.clients.get(parameters.get("client_id", ""))
    if client is None:
        raise OAuthError("invalid_client")
    return client


def _general_error(_: Accounts, __: Request) -> Reply:
    raise OAuthError("general_error")


GrantType = Callable[[Accounts, Request, Client, Parameters], Reply]
GRANTS: dict[str, GrantType] = {
    "authorization_code": _exchange,
    "refresh_token": _refresh,
    "client_credentials": _client_credentials,
}
ENDPOINTS: dict[tuple[str, str], Callable[[Accounts, Request], Reply]] = {
    ("GET", "/oauth/v2/auth"): authorize,
    ("POST", "/oauth/v2/token"): token,
    ("GET", "/oauth/v2/token"): _general_error,
    ("POST", "/oauth/v2/token/revoke"): revoke,
    ("GET", "/oauth/serverinfo"): server_info,
}
