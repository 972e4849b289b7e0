"""The third step of `cody2zoho init`: signing in to Zoho, again until it is done."""

from cody2zoho import configuration
from cody2zoho.cli import asking, consent
from cody2zoho.errors import AccessRevoked, Cody2ZohoError, ConfigurationError, NotSetUp
from cody2zoho.services import Services
from cody2zoho.settings import DATA_CENTERS, Settings, envfile
from cody2zoho.settings.formats import SHORT_CENTERS
from cody2zoho.signin.callback import redirect_uri
from cody2zoho.signin.sign_in import SignIn
from cody2zoho.zoho import scopes
from cody2zoho.zoho.grants import Grant
from cody2zoho.zoho.organisation import organisation


def signed_in(services: Services) -> bool:
    """Whether the token that is there opens Zoho and does the job; says so, or why not."""
    try:
        services.fields.all()
        consent.refuse_lacking(services.tokens.scopes())
    except (AccessRevoked, NotSetUp) as error:
        asking.wrong(str(error))
        return False
    asking.done(f"signed in to {_whose(services)}; Cases can be read")
    return True


def _whose(services: Services) -> str:
    try:
        return organisation(services.crm).name
    except NotSetUp:
        # A token of before the scope for that was asked for.
        return "Zoho"


def sign_in(port: int) -> None:
    """Until it is done, or nobody wants to go on: then raises what was wrong. The browser comes back to the port."""
    while True:
        try:
            there, grant = _granted(_begun(configuration.provisional(), port), port)
            consent.keep(there, grant)
            consent.prove(there, grant)
        except Cody2ZohoError as error:
            if isinstance(error, ConfigurationError):
                raise
            asking.wrong(str(error))
            if not asking.yes("Try again?", default=True):
                raise Cody2ZohoError("Zoho is not signed in to yet.") from None
            _offer_what_was_refused(str(error))
        else:
            return


def _begun(settings: Settings, port: int) -> SignIn:
    if not (settings.zoho_accounts_url or configuration.source("zoho_data_center")):
        asking.note("Your data centre is the end of the address at which you use Zoho CRM, such as crm.zoho.eu.")
        given = asking.until_fit(lambda: asking.text(f"Data centre ({', '.join(DATA_CENTERS)})", "com"), _unfit_centre)
        _keep(zoho_data_center=_centre(given))
    if not configuration.source("zoho_client_id"):
        console = configuration.provisional().accounts_url.replace("//accounts.", "//api-console.")
        asking.note(f"In Zoho's API console, {console}, make a client: either")
        asking.note(f"  a Server-based one, with the redirect address {redirect_uri(port)}, or")
        asking.note("  a Self Client. docs/zoho-setup.md has pictures of both.")
        _keep(zoho_client_id=asking.until_fit(lambda: asking.text("Client id"), consent.unfit))
    if not configuration.source("zoho_client_secret"):
        _keep(zoho_client_secret=asking.until_fit(lambda: asking.secret("Client secret"), consent.unfit))
    return consent.begun(configuration.provisional())


def _granted(begun: SignIn, port: int) -> tuple[SignIn, Grant]:
    """With a browser and the consent page, or with a code out of the console."""
    wanted = "Sign in with your browser (Server-based), or with a code (Self Client)? browser or code"
    how = asking.until_fit(lambda: asking.text(wanted, "browser"), _unfit_way)
    if how.lower().startswith("b"):
        return consent.consent(begun, port, opens=consent.has_browser())
    asking.note("In the console, Self Client, Generate Code: these scopes, 10 minutes, any description:")
    asking.note(f"\n  {','.join(scopes.ASKED)}\n")
    return begun, begun.grants.exchange(asking.secret("Code"))


def _offer_what_was_refused(sentence: str) -> None:
    """What is emptied here is asked for again."""
    is_of_client, is_of_code = "invalid_client" in sentence, "invalid_code" in sentence
    has_client, has_centre = (configuration.source(name) == ".env" for name in ("zoho_client_id", "zoho_data_center"))
    if is_of_client and has_client and asking.yes("Another client id and secret?", default=True):
        _keep(zoho_client_id="", zoho_client_secret="")
    if (is_of_client or is_of_code) and has_centre and asking.yes("Another data centre?", default=False):
        _keep(zoho_data_center="")


def _keep(**values: str) -> None:
    envfile.keep({name.upper(): value for name, value in values.items()})
    configuration.settings.cache_clear()


def _centre(given: str) -> str:
    name = given.lower().lstrip(".")
    return SHORT_CENTERS.get(name, name)


def _unfit_centre(given: str) -> str:
    return "" if _centre(given) in DATA_CENTERS else f"There is no data centre {given}."


def _unfit_way(given: str) -> str:
    return "" if given.lower() in ("browser", "b", "code", "c") else "Write browser or code."
