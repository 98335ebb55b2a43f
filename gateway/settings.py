"""Everything that can be set: the environment and one systems file, read into a frozen object.

    LIENTHONG_DATA     folder for the embedded database and files     ./data
    LIENTHONG_STATE    folder outside the database's backups in which a process remembers how far
                       it was: so a restore is noticed                 DATA/state
    LIENTHONG_DATABASE postgresql://… of a shared database              none: the embedded one
    LIENTHONG_AMQP     amqp://… of the RabbitMQ that holds retries       none: held in the process
                       (a file with either is named by LIENTHONG_DATABASE_FILE, LIENTHONG_AMQP_FILE)
    LIENTHONG_SEAL_KEY 32 random bytes in base64, the same for all processes: with it they share
                       their sessions with outside systems, sealed in the database     none: each
                       process logs in by itself (LIENTHONG_SEAL_KEY_FILE names a file)
    LIENTHONG_AUDIT_KEY  at least 32 random bytes in base64, the same for all processes: seals the
                       audit    none: a key made of the seal key, else of the embedded database
                       its own, audit.key in the data folder (LIENTHONG_AUDIT_KEY_FILE names a file)
    LIENTHONG_KEEP_MONTHS  for so long attempts are kept on PostgreSQL   24
    LIENTHONG_LOG      debug, info, warning or error                    info
    LIENTHONG_METRICS_HOST, LIENTHONG_METRICS_PORT  where metrics are shown, and by `serve` also
                       whether it is ready, apart from its clients     127.0.0.1, none: a worker
                       shows them nowhere, `serve` on its own port to this machine alone
    LIENTHONG_SYSTEMS  the systems file (TOML)                        none: dossiers are only kept
    LIENTHONG_AT_RISK_HOURS  so long before its due time a dossier that waits is at risk   24
    LIENTHONG_PROCEDURES  the procedure catalogue (TOML, CSV, JSON)   none: no code is doubted
    LIENTHONG_AGENCIES  the table of agencies (CSV)                   none: no code is doubted
    LIENTHONG_HOLIDAYS  days off and make-up days (CSV)               none: those that ship
    LIENTHONG_COMMUNES  corrections of the communes (CSV)             none: those that ship
    LIENTHONG_HOST, LIENTHONG_PORT                                    127.0.0.1, 8000
    LIENTHONG_TRUSTED_PROXIES  addresses and networks whose X-Forwarded-For is believed   none
    LIENTHONG_HEAD_SECONDS, …  how much is taken on at once: all stand in gateway/bounds.py
    LIENTHONG_TIME_SCALE  waits are multiplied by this; 1 in real life, small in demonstrations
    LIENTHONG_MAX_FILE_MB  the largest file that may be uploaded      100
    LIENTHONG_FILES_SECRET  with it uploaded files have public addresses, for systems that fetch
                       them by themselves; the adapter's `files_secret` is the same    none: no
                       such addresses. LIENTHONG_FILES_SECRET_FILE names a file that holds it

The systems file has a table `[systems.NAME]` for each system, `[codes]`, and `[oidc]` where people
come by an identity provider (deploy/PEOPLE.md).
A secret in the systems file is written `{ env = "NAME" }` or `{ file = "path" }`, never as text.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from gateway.bounds import Bounds
from schemas.marks import composed

Mode = Literal["off", "shadow", "live"]
MODES: tuple[Mode, ...] = ("off", "shadow", "live")
ENVIRONMENTS = ("live", "sandbox")
LEVELS = ("debug", "info", "warning", "error")
SHORTEST_TOKEN = 16


class SettingsError(Exception):
    """A setting that cannot be right, in one line that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which dossiers a system must know of; an empty list means all."""

    agencies: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    received_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What a system may tell us: for which agencies, and the secret of its calls to us."""

    agencies: tuple[str, ...] = ("*",)
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSettings:
    """One configured system: which adapter speaks to it, for which dossiers, how hard."""

    name: str
    adapter: str
    mode: Mode = "live"
    environment: Literal["live", "sandbox"] = "live"
    simulator: bool = False
    reaches: tuple[str, ...] = ()
    owns_status: tuple[str, ...] = ()  # procedures whose state it owns; "*": all
    inbox: Inbox | None = None
    route: Route = field(default_factory=Route)
    settings: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    ca_file: str | None = None
    proxy: str | None = None
    credential_until: date | None = None
    """When the account or its password ends, as its issuer said: a metric and an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one process."""

    data: Path
    state: Path | None = None
    postgres: str | None = None
    amqp: str | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    log: str = "info"
    keep_months: int = 24
    seal_key: str | None = None
    audit_key: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: tuple[str, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)
    time_scale: float = 1.0
    at_risk_hours: float = 24.0
    max_file_bytes: int = 100 * 1024 * 1024
    files_secret: str | None = None
    procedures: Path | None = None
    agencies: Path | None = None
    holidays: Path | None = None
    communes: Path | None = None
    systems: tuple[SystemSettings, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    oidc: Mapping[str, Any] | None = None  # read by `access.issuer`, which knows the roles

    @property
    def state_folder(self) -> Path:
        """The folder of what must outlive a restore of the database."""
        return self.state or self.data / "state"

    @property
    def database(self) -> Path:
        """The embedded database file."""
        return self.data / "lienthong.sqlite3"


LIMITS = {
    "at_once": int,
    "batch": int,
    "rate": float,
    "exchange": float,
    "exchanges": int,
    "conversation": float,
    "lease": float,
    "linger": float,
    "poll_every": float,
    "on_uncertain": str,
    "on_exists": str,
}
"""What a deployment may set differently from an adapter's facts."""
WORDS = {"on_uncertain": ("resend", "park"), "on_exists": ("park", "replace")}
"""Those limits that are a word, with the words they may be."""


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and the systems file it names; raise SettingsError for nonsense."""
    env = os.environ if environ is None else environ
    path = env.get("LIENTHONG_SYSTEMS")
    document: dict[str, Any] = {}
    if path:
        try:
            document = tomllib.loads(composed(Path(path).read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"LIENTHONG_SYSTEMS: {path}: {error}") from None
    systems = read_systems(document, env)
    return Settings(
        data=Path(env.get("LIENTHONG_DATA", "data")),
        state=Path(env["LIENTHONG_STATE"]) if env.get("LIENTHONG_STATE") else None,
        postgres=_from_env(env, "LIENTHONG_DATABASE"),
        amqp=_from_env(env, "LIENTHONG_AMQP"),
        seal_key=_from_env(env, "LIENTHONG_SEAL_KEY"),
        audit_key=_from_env(env, "LIENTHONG_AUDIT_KEY"),
        keep_months=int(_number(env, "LIENTHONG_KEEP_MONTHS", 24)),
        log=_log(env),
        metrics_host=env.get("LIENTHONG_METRICS_HOST", "127.0.0.1"),
        metrics_port=int(_number(env, "LIENTHONG_METRICS_PORT", 0, least=0)) or None,
        host=env.get("LIENTHONG_HOST", "127.0.0.1"),
        port=int(_number(env, "LIENTHONG_PORT", 8000)),
        trusted_proxies=_networks(env, "LIENTHONG_TRUSTED_PROXIES"),
        bounds=_bounds(env),
        time_scale=_number(env, "LIENTHONG_TIME_SCALE", 1.0),
        at_risk_hours=_number(env, "LIENTHONG_AT_RISK_HOURS", 24.0, least=0),
        max_file_bytes=int(_number(env, "LIENTHONG_MAX_FILE_MB", 100) * 1024 * 1024),
        files_secret=_from_env(env, "LIENTHONG_FILES_SECRET"),
        agencies=_file(env, "LIENTHONG_AGENCIES"),
        holidays=_file(env, "LIENTHONG_HOLIDAYS"),
        communes=_file(env, "LIENTHONG_COMMUNES"),
        procedures=_file(env, "LIENTHONG_PROCEDURES"),
        systems=systems,
        codes=read_codes(document.get("codes", {}), systems),
        oidc=document.get("oidc"),
    )


def read_systems(document: Mapping[str, Any], env: Mapping[str, str]) -> tuple[SystemSettings, ...]:
    """Read the `[systems.NAME]` tables of a systems file."""
    tables = document.get("systems", {})
    return tuple(_system(name, table, set(tables), env) for name, table in tables.items())


def read_codes(table: Mapping[str, Any], systems: tuple[SystemSettings, ...]) -> dict[str, str]:
    """Read who gives which agency's dossiers their official codes: somebody who can."""
    live = [f"system:{one.name}" for one in systems if one.mode == "live"]
    known = ["client", "gateway", *live]
    for agency, allocator in table.items():
        if allocator not in known:
            meant = f"; system:{allocator}?" if f"system:{allocator}" in live else ""
            raise SettingsError(
                f"codes.{agency!r}: {allocator!r} is none of {', '.join(known)}{meant}"
            )
    return dict(table)


TABLE = frozenset(
    {
        "adapter",
        "mode",
        "environment",
        "simulator",
        "reaches",
        "owns_status",
        "inbox",
        "route",
        "settings",
        "limits",
        "ca_file",
        "proxy",
        "credential_until",
    }
)


def _system(
    name: str, table: Mapping[str, Any], known: set[str], env: Mapping[str, str]
) -> SystemSettings:
    where = f"systems.{name}"
    _only(table, TABLE, where)
    if "adapter" not in table:
        raise SettingsError(f"{where}: `adapter` is missing")
    mode = table.get("mode", "live")
    environment = table.get("environment", "live")
    if mode not in MODES:
        raise SettingsError(f"{where}.mode: {mode!r} is none of {', '.join(MODES)}")
    if environment not in ENVIRONMENTS:
        raise SettingsError(f"{where}.environment: {environment!r} is neither live nor sandbox")
    astray = set(table.get("reaches", ())) - known
    if astray:
        raise SettingsError(f"{where}.reaches: no system is called {min(astray)!r}")
    owns = table.get("owns_status", ())
    return SystemSettings(
        name=name,
        adapter=table["adapter"],
        mode=mode,
        environment=environment,
        simulator=bool(table.get("simulator", False)),
        reaches=tuple(table.get("reaches", ())),
        owns_status=("*",) if owns is True else tuple(owns or ()),
        inbox=_inbox(table.get("inbox"), env, where),
        route=_route(table.get("route", {}), where),
        settings={
            key: _secret(value, env, f"{where}.settings.{key}")
            for key, value in table.get("settings", {}).items()
        },
        limits=_limits(table.get("limits", {}), where),
        ca_file=table.get("ca_file"),
        proxy=table.get("proxy"),
        credential_until=_day(table.get("credential_until"), f"{where}.credential_until"),
    )


def _only(table: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    unknown = set(table) - allowed
    if unknown:
        raise SettingsError(f"{where}: unknown setting {min(unknown)!r}")


def _inbox(table: Mapping[str, Any] | None, env: Mapping[str, str], where: str) -> Inbox | None:
    if table is None:
        return None
    _only(table, frozenset({"agencies", "token"}), f"{where}.inbox")
    token = _secret(table.get("token"), env, f"{where}.inbox.token")
    if token is not None and (not isinstance(token, str) or len(token) < SHORTEST_TOKEN):
        raise SettingsError(f"{where}.inbox.token: needs at least {SHORTEST_TOKEN} characters")
    return Inbox(agencies=tuple(table.get("agencies", ("*",))), token=token)


def _route(table: Mapping[str, Any], where: str) -> Route:
    allowed = frozenset({"agencies", "procedures", "statuses", "received_since"})
    _only(table, allowed, f"{where}.route")
    since = _day(table.get("received_since"), f"{where}.route.received_since")
    return Route(
        agencies=tuple(table.get("agencies", ())),
        procedures=tuple(table.get("procedures", ())),
        statuses=tuple(table.get("statuses", ())),
        received_since=since,
    )


def _day(value: Any, where: str) -> date | None:
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise SettingsError(f"{where}: must be a date like 2026-01-01")
    return value


def _limits(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    for key, value in table.items():
        kind = LIMITS.get(key)
        if kind is None:
            raise SettingsError(f"{where}.limits: unknown limit {key!r}")
        if not isinstance(value, (int, float) if kind is float else kind) or value in (0, ""):
            raise SettingsError(f"{where}.limits.{key}: must be a {kind.__name__} above nothing")
    for key, words in WORDS.items():
        if table.get(key, words[0]) not in words:
            raise SettingsError(f"{where}.limits.{key}: must be {' or '.join(words)}")
    return dict(table)


def _secret(value: Any, env: Mapping[str, str], where: str) -> Any:
    """Resolve `{ env = … }` and `{ file = … }`; anything else stands as it is."""
    if not isinstance(value, dict) or set(value) not in ({"env"}, {"file"}):
        return value
    if "env" in value:
        if value["env"] not in env:
            raise SettingsError(f"{where}: the environment has no {value['env']}")
        return env[value["env"]]
    try:
        return Path(value["file"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{where}: {error}") from None


def _file(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _from_env(env: Mapping[str, str], name: str) -> str | None:
    """Read a secret from the environment, or from the file that the environment names."""
    if name in env:
        return env[name] or None
    if f"{name}_FILE" not in env:
        return None
    try:
        return Path(env[f"{name}_FILE"]).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise SettingsError(f"{name}_FILE: {error}") from None


def _log(env: Mapping[str, str]) -> str:
    level = env.get("LIENTHONG_LOG", "info").lower()
    if level not in LEVELS:
        raise SettingsError(f"LIENTHONG_LOG: {level!r} is none of {', '.join(LEVELS)}")
    return level


def _bounds(env: Mapping[str, str]) -> Bounds:
    """Read each bound under its own name."""
    return Bounds(
        **{
            one.name: _number(env, f"LIENTHONG_{one.name.upper()}", float(one.default))  # type: ignore[arg-type]
            for one in fields(Bounds)
        }
    )


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(one.strip() for one in env.get(name, "").split(",") if one.strip())
    for one in found:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise SettingsError(f"{name}: {one!r} is neither an address nor a network") from None
    return found


def _number(env: Mapping[str, str], name: str, default: float, least: float | None = None) -> float:
    try:
        value = float(env.get(name) or default)
    except ValueError:
        raise SettingsError(f"{name}: {env[name]!r} is not a number") from None
    if value <= 0 and value != least:
        raise SettingsError(f"{name}: must be above nothing")
    return value
