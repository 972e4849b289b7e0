"""Everything the pipeline works with, plugged together once per process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import redis

from cody2zoho import configuration, store
from cody2zoho.alerts import Board
from cody2zoho.cases import reading
from cody2zoho.cases.form import Forms
from cody2zoho.cody.api import Cody
from cody2zoho.contacts.contact import FixedContact
from cody2zoho.contacts.matching import Matching, usable
from cody2zoho.http import Api
from cody2zoho.ledger.blocks import Blocks
from cody2zoho.ledger.feed import Feed
from cody2zoho.ledger.history import History
from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.paused import Paused
from cody2zoho.ledger.places import Places
from cody2zoho.ledger.strangers import Strangers
from cody2zoho.limits.limits import Limits
from cody2zoho.redaction import Redaction
from cody2zoho.settings import Settings
from cody2zoho.text import addresses
from cody2zoho.zoho.accounts import Accounts
from cody2zoho.zoho.cases import Cases
from cody2zoho.zoho.contacts import Contacts
from cody2zoho.zoho.crm import Crm
from cody2zoho.zoho.fields import Fields, KeyField
from cody2zoho.zoho.tokens import Tokens


@dataclass(frozen=True)
class Services:
    settings: Settings
    store: redis.Redis
    cody: Cody
    tokens: Tokens
    crm: Crm
    cases: Cases
    contacts: Contacts
    fields: Fields
    key_field: KeyField
    contact: FixedContact
    matching: Matching
    ledger: Ledger
    places: Places
    feed: Feed
    history: History
    strangers: Strangers
    blocks: Blocks
    paused: Paused
    limits: Limits
    redaction: Redaction
    forms: Forms
    alerts: Board
    #: This machine's; and Redis's, for what one worker notes and another reads: the clocks of machines differ.
    clock: Callable[[], float]
    shared_clock: Callable[[], float]


def build(settings: Settings, clock: Callable[[], float] = time.time) -> Services:
    """Plug it together; nothing is asked of any server yet. A chosen clock stands for Redis's, too."""
    client, prefix = store.connect(settings), settings.redis_key_prefix
    shared_clock = partial(store.now, client) if clock is time.time else clock
    accounts = _accounts(settings, clock)
    tokens = Tokens(client, accounts, prefix, clock)
    limits = Limits(client, settings)
    crm = Crm(_api("Zoho", "zoho", settings), tokens, settings.zoho_api_url, settings.api_url, limits.turn)
    fields, contacts = Fields(crm), Contacts(crm)
    key = settings.zoho_field_map["conversation_id"]
    contact = FixedContact(
        client, contacts, prefix, accounts.digest, settings.zoho_contact_id, settings.zoho_contact_name
    )
    matching = _matching(settings, client, contacts, fields, contact)
    forms = reading.load(settings)
    keeps_name = _kept_names(matching, forms)
    return Services(
        settings=settings,
        store=client,
        cody=_cody(settings, limits),
        tokens=tokens,
        crm=crm,
        cases=Cases(crm, key),
        contacts=contacts,
        fields=fields,
        key_field=KeyField(fields, key),
        contact=contact,
        matching=matching,
        ledger=Ledger(client, prefix, settings.lease_seconds, keeps_name=keeps_name),
        places=Places(client, prefix),
        feed=Feed(client, prefix, clock),
        history=History(client, prefix, keeps_name),
        strangers=Strangers(client, prefix, settings.bots),
        blocks=Blocks(client, prefix),
        paused=Paused(client, prefix, clock),
        limits=limits,
        redaction=Redaction(settings.redact, settings.redact_phone_countries, settings.redact_patterns),
        forms=forms,
        alerts=Board(client, settings, shared_clock),
        clock=clock,
        shared_clock=shared_clock,
    )


@lru_cache(maxsize=1)
def services() -> Services:
    """Those of this process. Raises ConfigurationError."""
    return build(configuration.settings())


def _cody(settings: Settings, limits: Limits) -> Cody:
    key = settings.cody_api_key.get_secret_value()
    return Cody(_api("Cody", "cody", settings), settings.cody_api_url, key, limits.permit)


def _accounts(settings: Settings, clock: Callable[[], float]) -> Accounts:
    return Accounts(
        api=_api("Zoho's accounts server", "zoho_accounts", settings),
        base_url=settings.accounts_url,
        client_id=settings.zoho_client_id,
        client_secret=settings.zoho_client_secret.get_secret_value(),
        refresh_token=settings.zoho_refresh_token.get_secret_value(),
        clock=clock,
    )


def _matching(
    settings: Settings, client: redis.Redis, contacts: Contacts, fields: Fields, fixed: FixedContact
) -> Matching:
    """What is redacted is no address to look for: it never leaves for Zoho."""
    search = addresses.Search(
        usable(settings.contact_match, settings.redact),
        settings.contact_region,
        frozenset(map(addresses.ignorable, settings.contact_ignore)),
    )
    return Matching(client, contacts, fields, fixed, search, settings.contact_create, settings.task_budget_seconds)


def _kept_names(matching: Matching, forms: Forms) -> Callable[[str], bool]:
    """Whether a case will need its conversation's name."""
    return lambda name: forms.wants_name or matching.has_address(name)


def _api(name: str, label: str, settings: Settings) -> Api:
    return Api(name, settings.http_connect_timeout_seconds, settings.http_read_timeout_seconds, label)
