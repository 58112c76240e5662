"""Every setting, typed, with its meaning and default, read from the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from . import embedded
from .openid_providers import OpenIdProvider, read_providers

VERSION = "0.1.0"
"""The version of the project, as pyproject.toml has it."""
DEMO_LOGINS = "demo-logins.txt"
"""The file in `data_dir` with the log-ins of the demo's persons."""
OLD_NAMES = {"scheduler_tick_s": "CLOCK_TICK_S"}
"""Variables by their name in version 0.1; they are read for one version more."""


def _flag(value: str) -> bool:
    return value.strip().lower() in {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set. Each field is read from the variable of the same name in capitals."""

    data_dir: Path = Path("var")
    """Folder of the embedded servers; unused when both addresses below are given."""
    files_dir: str = ""
    """Folder of the files that rows name, the same for all processes and in every backup; empty
    means `files` in `data_dir`."""
    database_url: str = ""
    """PostgreSQL 15 or later; empty means the embedded one in `data_dir`."""
    database_owner_url: str = ""
    """The same database as the role that owns its tables; only `db-upgrade` and `db-downgrade` need it. The
    role of `database_url` then gets rights on rows only. Empty means one role for everything."""
    redis_url: str = ""
    """Valkey or Redis 6.2 or later; empty means the embedded one in `data_dir`."""
    database_pool_size: int = 6
    """Connections a process keeps open."""
    statement_timeout_s: float = 300.0
    """How long one statement may run; 0 is for ever. The web process has WEB_STATEMENT_TIMEOUT_S instead."""
    idle_in_transaction_timeout_s: float = 300.0
    """How long a transaction may be idle until the database ends its session and frees what it locked."""

    suggestion_model: Path = Path(__file__).parents[1] / "seed" / "data" / "suggestion.npz"
    """What `python -m seed.names` wrote: how waste codes are suggested."""
    public_url: str = "http://127.0.0.1:8000"
    """Address that e-mails point to."""
    operator_name: str = "The operator of this exchange"
    """Who runs the exchange and answers for personal data, as the privacy notice says."""
    operator_contact: str = ""
    """Where requests about personal data go: an address, a phone number, an e-mail address."""
    proxy_hops: int = 0
    """Reverse proxies in front whose X-Forwarded-For is to be believed."""
    client_timeout_s: float = 15.0
    """How long a client may take to send a head, and may stand still while it sends a body or takes an
    answer; on the whole it must do 1,000 bytes a second."""
    connections_per_address: int = 64
    """Connections that an address (in IPv6 its first 64 bits) may hold to a web process; 0 for any number.
    This machine is not counted; behind a proxy (`proxy_hops`) nobody is, as the proxy counts."""
    official_number: str = "required"
    """Whether hazardous waste is picked up only with the number of the national system on its manifest:
    `required` or `optional`."""
    max_body_bytes: int = 1_000_000
    """Largest request body."""
    sheet_cpu_s: int = 10
    """Seconds of processor that reading an uploaded file may take; 10,000 rows take one or two."""
    sheet_memory_mb: int = 300
    """Megabytes that the process which reads it may have."""
    rate_limit_key: str = "1200 per minute"
    """Calls an enterprise, or a member of staff, may make with all of its keys together. Several windows are
    divided by semicolons, in all limits."""
    rate_limit_publish: str = "600 per minute"
    """Calls with which an enterprise may draft, change or publish listings; each listing of a list counts."""
    rate_limit_idempotency: str = "50000 per day"
    """Requests with an Idempotency-Key of one caller; their responses are kept for a day."""
    rate_limit_registration: str = "300 per minute;10000 per day"
    """Registrations an address may make, and calls with links of e-mails; of IPv6 its /64."""
    rate_limit_public: str = "300 per minute"
    """Calls an address may make without a key to look up codes and regions and to read pages; counted apart,
    as many with keys that are not valid, and to routes that do not exist."""
    quota_pending_drafts: int = 100
    """Drafts of an enterprise that is not approved yet; it imports and publishes nothing."""
    quota_drafts: int = 20_000
    """Drafts of an approved enterprise."""
    quota_open_listings: int = 20_000
    """Open listings of an approved enterprise."""
    quota_receiver_requests: int = 50
    """Requests for contact to receivers that an enterprise may make within 24 hours."""
    quota_saved_searches: int = 500
    """Saved searches of an approved enterprise; one that is not approved yet has a tenth of them."""
    quota_webhook_endpoints: int = 10
    """Addresses to which events of an enterprise are delivered."""
    webhooks_to_loopback: bool = False
    """Whether webhooks may go to addresses of this machine, without TLS too: for trials and tests only."""
    rate_limit_export: str = "10 per hour"
    """Copies of everything that is kept of it that an enterprise may take."""
    metrics_token: str = field(default="", repr=False)
    """What /metrics wants to be sent as `Authorization: Bearer`; empty means nothing."""
    metrics_port: int = 0
    """A port of its own for /metrics, at the same HOST, with nothing else; 0 means it has none."""
    log_level: str = "INFO"
    build: str = ""
    """What the operator calls what runs, such as a commit or an image's tag; shown by /version."""

    smtp_host: str = ""
    """Mail relay; empty means no e-mail is sent and the inbox alone carries the news."""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_tls: bool = False
    """TLS from the first byte, as relays offer it on port 465, where it need not be said."""
    smtp_starttls: bool = False
    """TLS by STARTTLS, as relays offer it on ports 25 and 587."""
    smtp_ca_file: str = ""
    """Certificates that the relay's is checked against; empty means those of the system."""
    mail_from: str = "huanliu@localhost"

    secret_keys: str = field(default="", repr=False)
    """Keys that seal what the database must not say, such as the secrets of authenticators, and sign links
    of e-mails: `id:` and 64 hexadecimal digits each, divided by commas, the one in use first, earlier ones
    after it; every process has the same. Empty means those in `data_dir`, and with servers of your own
    none: then nobody can set a second factor, and e-mails have no link that stops them."""
    oidc_providers: str = ""
    """TOML file of the OpenID Connect providers, such as a city's log-in and a group's, and of whom each may
    log in (docs/log-ins.md). Empty means none, or the one that the variables below name."""
    oidc_issuer: str = ""
    """Address of the only provider, which may log in anybody, exactly as its tokens name it; HTTPS. Empty
    means there is none."""
    oidc_name: str = ""
    """What people call that account, as the log-in page names it."""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_hosts: str = ""
    """Further hosts that the provider's description may name, divided by commas; its own is one."""
    oidc_inside: bool = False
    """Whether the provider may be on a private network of the operator's; else its addresses are public."""
    oidc_uscc_claim: str = "uscc"
    """The claim that says for which enterprise somebody acts, by its credit code."""
    oidc_right: str = "viewer"
    """What a person may do whom that claim makes a member: `owner`, `trader`, `viewer` or `driver`."""

    credit_ledger_keys: str = field(default="", repr=False)
    """Keys that seal the ledger of credit: `id:` and 64 hexadecimal digits each, divided by commas, the one
    in use first, earlier ones after it; every process has the same. Empty means those in `data_dir`, and
    with servers of your own none: then nothing is sealed."""
    credit_anchor_key: str = field(default="", repr=False)
    """Private key of Ed25519, 64 hexadecimal digits, that signs the daily anchors of the ledger; only the
    scheduler needs it. Empty means that the ledger's key signs them, which only its holders can check."""
    credit_anchor_public_keys: str = ""
    """Further public keys by which anchors are checked, divided by commas: of earlier private keys, and of
    the present one for processes without it."""
    credit_anchor_dir: str = ""
    """Folder in which the anchors are kept outside the database, best on another machine's disk; empty means
    `anchors` in `data_dir`, and with servers of your own that none are made."""

    task_visibility_s: float = 30.0
    """How long a task handed to the queue may stay unfinished before the sweeper hands it out again."""
    task_attempts: int = 12
    """Failures after which a task is parked with its reason."""
    scheduler_tick_s: float = 0.5
    """How often the scheduler looks for what is due."""

    @property
    def files_folder(self) -> Path:
        """Where files are kept; no web server serves it."""
        return Path(self.files_dir) if self.files_dir else self.data_dir / "files"

    def __post_init__(self) -> None:
        if self.official_number not in ("required", "optional"):
            raise ValueError(f"OFFICIAL_NUMBER={self.official_number!r} is not `required` or `optional`")
        if self.oidc_providers and self.oidc_issuer:
            raise ValueError("OIDC_PROVIDERS and OIDC_ISSUER: one of them, as the latter logs in anybody")
        _ = self.openid_providers

    @property
    def openid_providers(self) -> tuple[OpenIdProvider, ...]:
        """Where people may log in elsewhere. Raises: ValueError: what is set cannot be meant."""
        if self.oidc_providers:
            return read_providers(self.oidc_providers)
        if not self.oidc_issuer:
            return ()
        try:
            return (self._only_provider(),)
        except ValueError as error:
            raise ValueError(f"OIDC_ISSUER={self.oidc_issuer!r} and what belongs to it: {error}") from error

    def _only_provider(self) -> OpenIdProvider:
        return OpenIdProvider(
            key="",
            issuer=self.oidc_issuer,
            names=(("zh", self.oidc_name), ("en", self.oidc_name)),
            client_id=self.oidc_client_id,
            client_secret=self.oidc_client_secret,
            hosts=frozenset(host.strip() for host in self.oidc_hosts.split(",") if host.strip()),
            is_inside=self.oidc_inside,
            uscc_claim=self.oidc_uscc_claim,
            right=self.oidc_right,
            serves_everybody=True,
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read all settings; a missing variable means its default.

        Raises:
            ValueError: a variable does not read as its type; the message names it.
        """
        readers: dict[Any, Callable[[str], Any]] = {bool: _flag, int: int, float: float, str: str, Path: Path}
        given = {}
        for about in fields(cls):
            name, kind = about.name, about.type
            raw = environ.get(name.upper(), environ.get(OLD_NAMES.get(name, "")))
            if raw is None:
                continue
            try:
                given[name] = readers[kind](raw)
            except ValueError as error:
                raise ValueError(
                    f"{name.upper()}={raw!r} is not a {getattr(kind, '__name__', kind)}"
                ) from error
        return cls(**given).with_addresses()

    def with_addresses(self) -> "Settings":
        """Fill in the addresses of the embedded servers where none is given."""
        if self.database_url and self.redis_url:
            return self
        here = embedded.addresses(self.data_dir)
        return replace(
            self,
            database_url=self.database_url or here.database_url,
            database_owner_url=self.database_owner_url or ("" if self.database_url else here.owner_url),
            redis_url=self.redis_url or here.redis_url,
            **self._of_embedded_keys(here),
        )

    def _of_embedded_keys(self, here: embedded.Addresses) -> dict[str, Any]:
        """Keys of `data_dir`, and folder of its ledger, where none are given."""
        return {
            "secret_keys": self.secret_keys or here.secret_keys,
            "credit_ledger_keys": self.credit_ledger_keys or here.ledger_keys,
            "credit_anchor_key": self.credit_anchor_key or here.anchor_key,
            "credit_anchor_dir": self.credit_anchor_dir or str(embedded.anchor_dir(self.data_dir)),
        }
