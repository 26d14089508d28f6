"""Everything `make` does before the real work starts: environment, locked packages, kernels, test tools.

Standard library only, because it runs before anything is installed. It never asks a question. `setup` and `demo` never use
root or a package manager of the system; `test` does, for nats-server (unpacked, not installed) and chromium.
Each finished step leaves a stamp in `.venv` that names what it was made from, so a second run starts at once and a changed
lock file, source or folder repeats just the steps that depend on it.
"""

from __future__ import annotations  # an old Python must get as far as the message that it is too old

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
NATS_SERVER = TOOLS / "nats-server"
CHROMIUM = Path("/usr/bin/chromium")
OLDEST_PYTHON = (3, 11)
FREE_BYTES_NEEDED = 600_000_000  # what a first `make demo` may take: environment 350 MB, downloads kept by pip 110 MB, margin
PATIENCE_S = 10.0  # how long an interrupted child may take to end before it is killed; compilers can be deep in one call
LAST_LINES_SHOWN = 12  # of a failed command's output
APT_PATIENCE = ("-o", "DPkg::Lock::Timeout=120")  # seconds to wait for another apt, as on a machine that updates itself at start
INTERRUPTED = 130  # exit code of a shell command stopped by Ctrl-C
TERMINAL = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class CannotGoOn(Exception):
    """Set-up cannot continue; the text is one line that says what to do."""


class CommandFailed(CannotGoOn):
    """A command that set-up needs ended with an error; `output` is its last lines."""

    def __init__(self, text: str, output: str) -> None:
        super().__init__(text)
        self.output = output


class Step(NamedTuple):
    """One line of a plan: what it does, what it costs, whether it is done, how to do it."""

    title: str
    size: str
    is_done: Callable[[], bool]
    work: Callable[[], None]


def main(arguments: list[str]) -> None:
    """Carry out the plan named by the first argument; what follows `--` goes to the program that the plan ends with."""
    plan_name = arguments[0] if arguments else "setup"
    rest = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        check_machine()
        last_words = follow(plan_name)
        if plan_name in ENDINGS:
            title, command = ENDINGS[plan_name]
            print(f"{last_words}{title}", flush=True)
            os.chdir(ROOT)
            os.execv(command[0], [*command, *rest])  # noqa: S606 - becomes the program: its exit code and its Ctrl-C are ours
    except CommandFailed as problem:
        sys.exit(f"{problem.output}\n{problem}")
    except CannotGoOn as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        sys.exit(INTERRUPTED)


def check_machine() -> None:
    """Refuse a Python that is too old or cannot make environments, and a full disk, in one line each."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        raise CannotGoOn(f"Tocsin needs Python 3.11 or newer and this is {version}; type: make demo PYTHON=python3.11")
    if PYTHON.exists():
        return
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian leaves it out of python3 and puts it into python3-venv
        import venv  # noqa: F401, PLC0415
    except ImportError:
        raise CannotGoOn(venv_advice("its venv module is missing")) from None
    free_bytes = shutil.disk_usage(ROOT).free
    if free_bytes < FREE_BYTES_NEEDED:
        raise CannotGoOn(f"600 MB of disk are needed in {ROOT} and {free_bytes // 1_000_000} MB are free; free some and run this again")


def venv_advice(reason: str) -> str:
    """Return the one line that says what to type when environments cannot be made."""
    system_default = Path("/usr/bin/python3").resolve() == Path(sys.executable).resolve()
    package = "python3-venv" if system_default else f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"Python cannot make an environment ({reason}); type: {sudo}apt-get install --yes {package}"


def follow(plan_name: str) -> str:
    """Do the steps of a plan that are not done yet and return how the closing line starts."""
    if plan_name not in PLANS:
        raise CannotGoOn(f"setup.py expected one of {', '.join(PLANS)} and got {plan_name!r}")
    steps = PLANS[plan_name]
    total = len(steps) + (plan_name in ENDINGS)
    for number, step in enumerate(steps, start=1):
        if step.is_done():
            continue
        print(f"step {number}/{total}: {step.title} ({step.size})", flush=True)
        step.work()
    return f"step {total}/{total}: "


# --- stamps -----------------------------------------------------------------------------------------------------------


def stamp_path(name: str) -> Path:
    """Return where the stamp of a step lives; it goes when the environment goes."""
    return VENV / f".tocsin-{name}"


def stamped(name: str, key: Callable[[], str]) -> Callable[[], bool]:
    """Return a test that a step was finished with today's key."""

    def is_done() -> bool:
        return PYTHON.exists() and stamp_path(name).exists() and stamp_path(name).read_text() == key()

    return is_done


def digest(*paths: Path) -> str:
    """Return a hash over this folder's place (environments cannot be moved) and the files' contents."""
    hashed = hashlib.sha256(str(ROOT).encode())
    for path in paths:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def lock_key(name: str) -> Callable[[], str]:
    """Return a function that hashes a lock file."""
    return lambda: digest(ROOT / "requirements" / f"{name}.txt")


def project_key() -> str:
    """Hash what the installed console script and metadata are made from."""
    return digest(ROOT / "pyproject.toml")


def kernels_key() -> str:
    """Hash every source: any of them may hold a kernel. The cache's place counts too."""
    sources = sorted((ROOT / "src").rglob("*.py"))
    return digest(ROOT / "requirements" / "runtime.txt", *sources) + os.environ.get("NUMBA_CACHE_DIR", "")


# --- steps that every plan has ----------------------------------------------------------------------------------------


def environment_works() -> bool:
    """Return whether .venv is here, was not moved, still has its Python, and no installation in it was cut short."""
    return stamped("environment", digest)() and not stamp_path("installing").exists()


def make_environment() -> None:
    """Create .venv anew, unless someone else made a working one: then it is used as it is."""
    spoilt = stamp_path("environment").exists() or stamp_path("installing").exists()
    if spoilt or not PYTHON.exists() or subprocess.run([*PIP, "--version"], capture_output=True, check=False).returncode != 0:
        try:
            run([sys.executable, "-m", "venv", "--clear", str(VENV)])
        except CommandFailed as problem:
            lines = problem.output.strip().splitlines() or ["no output"]
            raise CannotGoOn(venv_advice(lines[-1].strip())) from None
    stamp_path("environment").write_text(digest())


def install_lock(name: str) -> None:
    """Install exactly the files whose hashes the lock names; wheels only, nothing is built."""
    lock = ROOT / "requirements" / f"{name}.txt"
    wanted = len(re.findall(r"^\S+==(?!.*'win32')", lock.read_text(), re.MULTILINE))
    progress = PipProgress(wanted)
    pip(["install", "--require-hashes", "--only-binary=:all:", "--no-deps", "--progress-bar=off", "-r", str(lock)], progress.line)
    progress.end()
    stamp_path(name).write_text(lock_key(name)())
    if name == "test":  # it contains the run-time lock; a test holds that
        stamp_path("runtime").write_text(lock_key("runtime")())


def install_project() -> None:
    """Install Tocsin itself, editable, without network: the builder is in the lock."""
    pip(["install", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    stamp_path("project").write_text(project_key())


def pip(arguments: list[str], on_line: Callable[[str], None] = lambda _: None) -> None:
    """Run pip. Its temporary files stay in .venv and go with us; while it works a mark says that .venv is not to be trusted."""
    mark = stamp_path("installing")
    mark.touch()
    with tempfile.TemporaryDirectory(dir=VENV, prefix=".tmp-") as folder:
        run([*PIP, *arguments], on_line, extra={"TMPDIR": folder})
    mark.unlink()


def compile_kernels() -> None:
    """Let the program compile its kernels into the cache; it shows its own progress, and says so if there is no cache."""
    run([str(VENV / "bin" / "tocsin"), "warmup"], None)
    stamp_path("kernels").write_text(kernels_key())


# --- steps for the tests ----------------------------------------------------------------------------------------------


def unpack_nats_server() -> None:
    """Put the nats-server binary of the Debian package into .tools; nothing is installed and no service is started."""
    work = TOOLS / "download"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        apt_with_fresh_lists(lambda: run(["apt-get", "-o", "APT::Sandbox::User=root", "download", "nats-server"], folder=work))
        run(["dpkg-deb", "-x", str(next(work.glob("*.deb"))), str(work)])
        shutil.copy2(next(work.glob("usr/*bin/nats-server")), NATS_SERVER)
    except (CommandFailed, StopIteration) as problem:
        note_missing("nats-server", problem)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def install_chromium() -> None:
    """Install Debian's chromium with apt, as root or through sudo without a password; otherwise say how."""
    prefix = root_prefix()
    if prefix is None:
        note_missing("chromium", "no root and no sudo without a password; type: sudo apt-get install --yes chromium")
        return
    apt_get = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *APT_PATIENCE]
    install = [*apt_get, "install", "--no-install-recommends", "chromium"]
    try:
        apt_with_fresh_lists(lambda: tell_size(install))
        apt_with_fresh_lists(lambda: run([*install, "--yes", "-qq"]))
    except CommandFailed as problem:
        note_missing("chromium", problem)


def tell_size(install: list[str]) -> None:
    """Ask apt what the installation would cost, print it, and install nothing."""
    asked = subprocess.run([*install, "--assume-no"], capture_output=True, text=True, check=False, env=child_environment())
    size = re.findall(r"^(?:Need to get|After this operation).*$", asked.stdout, re.MULTILINE)
    if not size:
        raise CommandFailed("apt-get does not know chromium", asked.stderr or asked.stdout)
    print("  apt says:", " ".join(size), flush=True)


def apt_with_fresh_lists(work: Callable[[], None]) -> None:
    """Do something with apt; if it fails, fetch the package lists (where we may) and do it once more."""
    try:
        work()
    except CommandFailed:
        prefix = root_prefix()
        if prefix is None:
            raise
        print("  fetching apt's package lists (about 10 MB)", flush=True)
        run([*prefix, "apt-get", *APT_PATIENCE, "-qq", "update"])
        work()


def root_prefix() -> list[str] | None:
    """Return what to put before a command that needs root, or None where we cannot have it without asking."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def note_missing(what: str, reason: object) -> None:
    """Say that a test component is missing and what follows from it; the tests decide whether that is a failure."""
    print(f"  note: {what} is not available ({reason}); tests that need it are skipped, or fail where CI=true", flush=True)


# --- running commands -------------------------------------------------------------------------------------------------


class PipProgress:
    """Turns pip's output into one line that counts packages and megabytes; without a terminal it prints only the end."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.packages = 0
        self.bytes = 0.0
        self.noted_cache = False

    def line(self, text: str) -> None:
        """Take one line of pip's output."""
        if "cache has been disabled" in text and not self.noted_cache:
            self.noted_cache = True
            print("  note: pip cannot write its download cache; going on without it", flush=True)
        size = re.search(r"(?:Downloading|Using cached) \S+ \(([\d.]+) (kB|MB)\)", text)
        if size:
            self.bytes += float(size[1]) * {"kB": 1e3, "MB": 1e6}[size[2]]
        if text.startswith(("Collecting", "Processing", "Requirement already")):
            self.packages += 1
        if TERMINAL:
            what = "unpacking" if text.startswith("Installing") else ""
            print(f"\r\x1b[K  {self.packages}/{self.wanted}  {self.bytes / 1e6:.0f} MB  {what}", end="", flush=True)

    def end(self) -> None:
        """Print the totals."""
        start = "\r\x1b[K" if TERMINAL else ""
        print(f"{start}  {self.packages} packages, {self.bytes / 1e6:.0f} MB fetched", flush=True)


def run(
    command: list[str], on_line: Callable[[str], None] | None = lambda _: None, *, folder: Path = ROOT, extra: dict[str, str] | None = None
) -> None:
    """Run a command to its end, giving each output line to `on_line` (None: the child keeps our terminal).

    Raises CommandFailed with the last lines of output. If we are interrupted, the child has ended before we go on.
    """
    pipe = None if on_line is None else subprocess.PIPE
    tail: deque[str] = deque(maxlen=LAST_LINES_SHOWN)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=subprocess.STDOUT if pipe else None,
        text=True,
        cwd=folder,
        env=child_environment() | (extra or {}),
    ) as child:
        try:
            for line in child.stdout or ():
                tail.append(line.rstrip())
                if on_line:
                    on_line(line.strip())
            child.wait()
        except KeyboardInterrupt:
            let_go(child)
            raise
    if child.returncode in (-signal.SIGINT, INTERRUPTED):
        raise KeyboardInterrupt
    if child.returncode:
        shown = " ".join(Path(part).name if part.startswith("/") else part for part in command if part not in {"-I", "env"})
        advice = "look at the lines above (network, proxy, disk), then run the same command again"
        raise CommandFailed(f"set-up stopped: `{shown}` ended with code {child.returncode}; {advice}", "\n".join(tail))


def let_go(child: subprocess.Popen[str]) -> None:
    """End a child that we started: politely, then for certain."""
    child.terminate()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def child_environment() -> dict[str, str]:
    """Return our environment without what would send installed files elsewhere or translate the output we read."""
    unwanted = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME", "LC_ALL", "LANGUAGE"}
    return {name: value for name, value in os.environ.items() if name not in unwanted} | {"LC_MESSAGES": "C"}


# --- plans ------------------------------------------------------------------------------------------------------------

PIP = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]

ENVIRONMENT = Step("make the environment .venv", "15 MB", environment_works, make_environment)
RUNTIME = Step(
    "install the run-time packages, hash-locked",
    "91 MB to fetch, 340 MB on disk",
    stamped("runtime", lock_key("runtime")),
    lambda: install_lock("runtime"),
)
TEST_PACKAGES = Step(
    "install run-time and test packages, hash-locked",
    "225 MB to fetch, 800 MB on disk",
    stamped("test", lock_key("test")),
    lambda: install_lock("test"),
)
BENCH_PACKAGES = Step(
    "install Stone Soup and what the benches compare with, hash-locked",
    "85 MB to fetch, 330 MB on disk",
    stamped("bench", lock_key("bench")),
    lambda: install_lock("bench"),
)
PROJECT = Step("install Tocsin itself, editable", "under 1 MB", stamped("project", project_key), install_project)
KERNELS = Step("compile the kernels, once", "7 MB, about a minute on two free cores", stamped("kernels", kernels_key), compile_kernels)
NATS = Step("unpack nats-server into .tools, no service is started", "4 MB to fetch, 11 MB on disk", NATS_SERVER.exists, unpack_nats_server)
BROWSER = Step("install chromium with apt", "about 115 MB to fetch, 400 MB on disk", CHROMIUM.exists, install_chromium)

PLANS: dict[str, list[Step]] = {
    "setup": [ENVIRONMENT, RUNTIME, PROJECT, KERNELS],
    "demo": [ENVIRONMENT, RUNTIME, PROJECT, KERNELS],
    "check": [ENVIRONMENT, TEST_PACKAGES, PROJECT, KERNELS],
    "bench": [ENVIRONMENT, RUNTIME, BENCH_PACKAGES, PROJECT, KERNELS],
    "test": [ENVIRONMENT, TEST_PACKAGES, PROJECT, KERNELS, NATS, BROWSER],
}
WORKERS = str(min(2, os.cpu_count() or 1))  # more would make the browser and latency tests disturb each other
ENDINGS: dict[str, tuple[str, list[str]]] = {
    "demo": ("play the night of 30 August 2023 (90 s; ARGS=--fast for less)", [str(VENV / "bin" / "tocsin"), "demo"]),
    "test": ("run the tests", [str(PYTHON), "-m", "pytest", "-n", WORKERS, "--dist", "loadfile"]),
}

if __name__ == "__main__":
    main(sys.argv[1:])
