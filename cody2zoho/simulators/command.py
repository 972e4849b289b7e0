"""`simulate`: Cody and Zoho on one port, filled and ready, until a signal comes."""

import time
from collections.abc import Callable
from pathlib import Path

from .cody import DEMO_KEY, Cody, CodyKnobs
from .corpus import read_corpus
from .generator import BOTS, DAY, generate
from .server import SimulatorServer
from .zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_REFRESH_TOKEN, Zoho

#: Enough for every kind of conversation and for several pages a bot.
CONVERSATIONS = 240
#: Bots are older than all that was said to them.
BOT_AGE_SECONDS = 90 * DAY


def simulate(
    *,
    corpus: Path | None = None,
    conversations: int | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    seed: int = 1,
    latency_seconds: float = 0.0,
    requests_per_minute: int | None = 60,
    set_up_fields: bool = True,
    echo: Callable[[str], object] = lambda line: None,
) -> None:
    """Serves until SIGINT or SIGTERM; `echo` gets the address and how to use it, once the port is open.

    Without `set_up_fields` Zoho is as new, and the product's own set-up has to make its fields.

    Raises CorpusError, and OSError when the port cannot be had.
    """
    cody = build_cody(corpus, conversations, seed, requests_per_minute)
    zoho = Zoho()
    if set_up_fields:
        zoho.set_up_fields()
    server = SimulatorServer([cody, zoho], port, host, latency_seconds)
    server.serve(lambda: echo(introduction(server.url, cody)))


def build_cody(corpus: Path | None, conversations: int | None, seed: int, requests_per_minute: int | None) -> Cody:
    """A Cody with the first `conversations` of the corpus (None: all), or else with so many generated ones.

    Raises CorpusError.
    """
    cody = Cody(knobs=CodyKnobs(requests_per_minute=requests_per_minute))
    if corpus is not None:
        cody.load(read_corpus(corpus)[:conversations])
        return cody
    for bot_id, name in BOTS.items():
        cody.add_bot(name, bot_id=bot_id, at=time.time() - BOT_AGE_SECONDS)
    cody.load(generate(CONVERSATIONS if conversations is None else conversations, seed))
    return cody


def introduction(url: str, cody: Cody) -> str:
    """Where it is, what is in it, and the environment of a process that shall use it."""
    lines = [
        f"Cody and Zoho are simulated at {url}",
        f"{len(cody.store.conversations)} conversations, {len(cody.store.messages)} messages",
        "",
        "A cody2zoho without credentials of its own works against them with",
        f"  SIMULATORS_URL={url}",
        "Everything else can use",
        *(f"  {name}={value}" for name, value in environment(url, cody).items()),
        "",
        f"What really happened: {url}/control/audit",
        f"What was asked: {url}/control/requests",
    ]
    return "\n".join(lines)


def environment(url: str, cody: Cody) -> dict[str, str]:
    """The addresses and credentials, under the names of cody2zoho's settings."""
    return {
        "CODY_API_URL": f"{url}/api/v1",
        "CODY_API_KEY": DEMO_KEY,
        "CODY_BOT_ID": ",".join(cody.store.bots),
        "ZOHO_ACCOUNTS_URL": url,
        "ZOHO_API_URL": url,
        "ZOHO_CLIENT_ID": DEMO_CLIENT_ID,
        "ZOHO_CLIENT_SECRET": DEMO_CLIENT_SECRET,
        "ZOHO_REFRESH_TOKEN": DEMO_REFRESH_TOKEN,
    }
