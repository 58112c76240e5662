"""Who may do what in the embedded Valkey: a user for each kind of process, and none without a password."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

OPERATOR = "operator"
USERS = {
    OPERATOR: "~* &* +@all",
    "web": "~LIMITS* ~huanliu:* resetchannels +@all -@admin -@dangerous -@pubsub",
    "scheduler": "~rq:* resetchannels +@all -@admin -@dangerous -@pubsub -@scripting +info",
    "worker": "~rq:* resetchannels +@all -@admin -@dangerous -@pubsub -@scripting +info",
}
"""Rules of Valkey's ACL: the web process counts calls, the scheduler enqueues, workers take jobs."""
FILE = "valkey.secret"


def make_secret(place: Path) -> None:
    """Write the secret that all passwords come from, unless it is there."""
    try:
        descriptor = os.open(place / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as out:
        out.write(secrets.token_hex(32))


def password(place: Path, user: str) -> str | None:
    """A user's password; None before the servers have started for the first time."""
    try:
        secret = (place / FILE).read_bytes()
    except FileNotFoundError:
        return None
    return hmac.new(secret, user.encode(), hashlib.sha256).hexdigest()


def write_acl(place: Path) -> Path:
    """Write the ACL file, which holds hashes of the passwords only. Returns where it is."""
    lines = ["user default off resetkeys resetchannels -@all"]
    for user, rules in USERS.items():
        digest = hashlib.sha256((password(place, user) or "").encode()).hexdigest()
        lines.append(f"user {user} on #{digest} {rules}")
    file = place / "valkey.acl"
    file.unlink(missing_ok=True)
    file.touch(0o600)
    file.write_text("\n".join(lines) + "\n")
    return file
