"""A real identity provider on this machine: npm's `oidc-provider`, installed by the tests."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc.jwk import Key

from gateway.workbench import reaper
from gateway.workbench.machine import NoServer, free_port, install

VERSION = "8.8.1"
SCRIPT = Path(__file__).with_name("issuer.mjs")
CALLBACK = "http://127.0.0.1/callback"


def installed() -> Path:
    """Have the provider in a folder that later runs find again."""
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            install(package)
    folder = Path(tempfile.gettempdir()) / f"lienthong-oidc-provider-{VERSION}"
    if not folder.exists():
        made = Path(tempfile.mkdtemp(prefix="lienthong-npm-"))
        (made / "package.json").write_text("{}", "utf-8")
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
        done = subprocess.run(
            ["npm", "install", *quiet, f"oidc-provider@{VERSION}"],
            cwd=made,
            check=False,
            capture_output=True,
            timeout=200,
        )
        if done.returncode:
            raise NoServer("npm could not install oidc-provider")
        made.rename(folder)
    return folder


class RealIssuer:
    """The provider as a process of its own; it can be stopped, and come back with other keys."""

    def __init__(self) -> None:
        self.folder = installed()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self, key: Key) -> None:
        """Start it with one key to sign with."""
        shutil.copy(SCRIPT, self.folder / SCRIPT.name)
        told = {
            "ISSUER": self.url,
            "PORT": str(self.port),
            "CALLBACK": CALLBACK,
            "KEYS": json.dumps([key.as_dict(private=True)]),
        }
        self._process = subprocess.Popen(
            ["node", "--no-warnings", SCRIPT.name],
            cwd=self.folder,
            env={**os.environ, **reaper.mark(), **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        if not any(line.startswith("listening") for line in self._process.stdout):
            raise NoServer("oidc-provider did not start")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    async def log_in(self, login: str) -> str:
        """Log in as somebody, as a browser does, and give the access token."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "client_id": "console",
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid use",
            "resource": "urn:lienthong",
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as browser:
            page = await self._follow(browser, await browser.get("/auth", params=asked))
            for form in (
                {"prompt": "login", "login": login, "password": "x"},
                {"prompt": "consent"},
            ):
                page = await self._follow(browser, await browser.post(page, data=form))
            code = parse_qs(urlsplit(page).query)["code"][0]
            given = await browser.post(
                "/token",
                data={
                    "grant_type": "authorization_code",
                    "client_id": "console",
                    "code": code,
                    "redirect_uri": CALLBACK,
                    "code_verifier": verifier,
                },
            )
        return str(given.json()["access_token"])

    async def _follow(self, browser: httpx.AsyncClient, answer: httpx.Response) -> str:
        """Go where we are sent, up to a page of theirs or the way back to us; give its address."""
        address = str(answer.request.url)
        while answer.is_redirect:
            address = str(answer.request.url.join(answer.headers["location"]))
            if address.startswith(CALLBACK):
                break
            answer = await browser.get(address)
        return address
