"""The programs of other makers that the adapters will meet: Debian's nats-server and chromium, really started.

A missing program fails where CI=true, because the set-up should have brought it, and is a named skip elsewhere.
"""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NATS_SERVER = ROOT / ".tools" / "nats-server"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = (
    "--no-sandbox",  # containers of build machines run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAGE = "<!doctype html><title>bell</title><p id='p'></p><script>p.textContent = [1, 2, 3].join('-')</script>"
SOCKET_PATIENCE_S = 10.0


def need(program: Path, how: str) -> Path:
    """Return the program, or fail in CI and skip elsewhere, saying how to get it."""
    if program.exists():
        return program
    reason = f"{program.name} is missing; {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def nats_address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Start nats-server on a free loopback port, give its address, and stop this very process afterwards."""
    program = need(NATS_SERVER, "`make test` unpacks it into .tools where apt-get is available")
    command = [str(program), "--addr", "127.0.0.1", "--port", "-1", "--pid", str(tmp_path / "nats.pid")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        port = 0
        for line in server.stderr:
            found = re.search(r"Listening for client connections on 127\.0\.0\.1:(\d+)", line)
            port = int(found[1]) if found else port
            if "Server is ready" in line:
                break
        assert port > 0, f"nats-server ended with code {server.poll()} before it was ready"
        assert int((tmp_path / "nats.pid").read_text()) == server.pid
        try:
            yield "127.0.0.1", port
        finally:
            server.terminate()
            server.communicate(timeout=SOCKET_PATIENCE_S)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


@pytest.mark.slow
def test_nats_server_answers_a_ping_on_loopback_and_stops_by_its_own_pid(nats_address: tuple[str, int]) -> None:
    with socket.create_connection(nats_address, timeout=SOCKET_PATIENCE_S) as connection, connection.makefile("rb") as lines:
        greeting = lines.readline()
        assert greeting.startswith(b"INFO ")
        assert json.loads(greeting.removeprefix(b"INFO "))["max_payload"] >= 32 * 1024  # an envelope is at most 32 KiB
        connection.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
        assert lines.readline() == b"PONG\r\n"


@pytest.mark.slow
def test_chromium_renders_a_local_page_and_asks_nothing_of_any_network(tmp_path: Path) -> None:
    program = need(CHROMIUM, "`make test` installs it with apt as root or through sudo")
    page_file = tmp_path / "page.html"
    page_file.write_text(PAGE, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        page = browser.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(page_file.as_uri())
        assert page.title() == "bell"
        assert page.text_content("#p") == "1-2-3"
        assert page.locator("#p").bounding_box() is not None
        assert requests == [page_file.as_uri()]
        browser.close()
