"""How everything runs, as the environment says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import embedded
from .reporting import SupervisorError

KEY_SETTINGS = ("CREDIT_LEDGER_KEYS", "CREDIT_ANCHOR_KEY", "CREDIT_ANCHOR_DIR", "SECRET_KEYS")


@dataclass(frozen=True)
class ServeOptions:
    """How `serve` runs, as the environment says."""

    data_dir: Path
    host: str
    port: int
    demo: bool
    log_dir: Path | None
    pg_bin: Path | None
    database_url: str
    database_owner_url: str
    redis_url: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "ServeOptions":
        """Read it.

        Raises:
            SupervisorError: PORT is no port number.
        """
        port = env.get("PORT") or "8000"
        if not port.isdecimal() or int(port) > 65535:
            raise SupervisorError(f"PORT={port!r} is not a port number")
        return cls(
            data_dir=Path(env.get("DATA_DIR") or "var").absolute(),
            host=env.get("HOST") or "127.0.0.1",
            port=int(port),
            demo=env.get("DEMO", "").strip().lower() in {"1", "true", "yes", "on"},
            log_dir=folder(env, "LOG_DIR"),
            pg_bin=pg_bin(env),
            database_url=env.get("DATABASE_URL", ""),
            database_owner_url=env.get("DATABASE_OWNER_URL", ""),
            redis_url=env.get("REDIS_URL", ""),
        )


def own_keys(data_dir: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The keys that the environment names, before those of the data folder; and the ledger's anchors."""
    anchors = {"CREDIT_ANCHOR_DIR": str(embedded.anchor_dir(data_dir))}
    return {**anchors, **{name: env[name] for name in KEY_SETTINGS if env.get(name)}}


def folder(env: Mapping[str, str], name: str) -> Path | None:
    """The folder or file that a variable names, if it is set."""
    return Path(env[name]).absolute() if env.get(name) else None


def pg_bin(env: Mapping[str, str]) -> Path | None:
    """Where PostgreSQL's own programs are, if not those of the wheel."""
    return folder(env, "PG_BIN")
