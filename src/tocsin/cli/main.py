"""``tocsin``: the command line. This file stays light, so that ``tocsin --help`` answers at once."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin import __version__
from tocsin.errors import OperatorFault, PeerFault, TocsinError

INTERRUPTED = 130  # the shell's code for Ctrl-C: 128 + SIGINT

app = typer.Typer(
    name="tocsin",
    help="A shared bell for several nations: missile WARNING only. Sensors in the demo are notional.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
policy_app = typer.Typer(help="What may leave, to whom, how coarse.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")

OutDir = Annotated[Path | None, typer.Option("--out", help="Write logs, report, tracks, events, plots, sensors, truth and summary here.")]
Seed = Annotated[int, typer.Option(help="Seed of the notional sensors; the same seed gives the same bytes.")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Join nations' sensors, share by rule, warn people: start with `tocsin demo`."""


@app.command()
def demo(
    event: Annotated[
        str, typer.Argument(help="A KST date such as 2023-08-30, a row id of `tocsin events`, a packaged name, or a file.")
    ] = "2023-08-30",
    fast: Annotated[bool, typer.Option("--fast", help="No pacing, and the quiet minutes are left out.")] = False,
    speed: Annotated[float | None, typer.Option(min=0.1, help="Play this many times faster than real time.")] = None,
    console: Annotated[bool, typer.Option("--console/--no-console", help="Open the report at the end where there is a display.")] = True,
    transport: Annotated[str, typer.Option(help="embedded (in this process); nats comes later.")] = "embedded",
    coalition: Annotated[str | None, typer.Option(help="A coalition file instead of the scenario's own.")] = None,
    out: OutDir = None,
    seed: Seed = 1,
) -> None:
    """Play a published night on every nation's node and show what sharing bought.

    Examples:  tocsin demo          tocsin demo --fast --out night          tocsin demo 2017-11-29
    """
    from tocsin.cli.demo import DemoOptions, run_demo  # noqa: PLC0415  # keeps --help fast

    run_demo(
        DemoOptions(event=event, fast=fast, speed=speed, open_report=console, transport=transport, coalition=coalition, out=out, seed=seed)
    )


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file (TOML), a packaged name, a KST date or a row id of `tocsin events`.")],
    coalition: Annotated[str | None, typer.Option(help="A coalition file instead of the scenario's own.")] = None,
    configuration: Annotated[str, typer.Option(help="A named placing of the movable sensors in the coalition file.")] = "base",
    out: OutDir = None,
    seed: Seed = 1,
) -> None:
    """Run any scenario on any coalition, without pacing; write plots, truth, tracks, events and logs.

    Example:  tocsin run my-night.toml --out night
    """
    from tocsin.cli.run import run_scenario  # noqa: PLC0415

    run_scenario(scenario, coalition, configuration, out, seed)


@app.command()
def events(
    since: Annotated[str | None, typer.Option(help="Only launches from this Korean date on, such as 2022-01-01.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every flag in full.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List the catalogue of published launches: what each is called for demo and run, and what the others lack.

    Examples:  tocsin events --since 2022-01-01          tocsin events --csv > events.csv
    """
    from tocsin.cli.events import run_events  # noqa: PLC0415

    run_events(since, as_json=as_json, as_csv=as_csv)


@app.command(name="catalogue-check")
def catalogue_check(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
    events: Annotated[str | None, typer.Option(help="Only these Korean dates or row ids, separated by commas.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that play at the same time.")] = 2,
) -> None:
    """Play every event of the catalogue through the coalition and compare with what was published.

    Prints class, EEZ answer, overflight, areas and times for each missile, then the targets; ends with 1 where one is missed.
    Progress goes to standard error; all events take about half an hour on two cores.

    Examples:  tocsin catalogue-check --events 2017-11-29,2022-10-04          tocsin catalogue-check --json > check.json
    """
    from tocsin.cli.catalogue_check import run_check  # noqa: PLC0415

    run_check(events, workers, as_json=as_json)


@app.command()
def replay(
    log: Annotated[Path, typer.Argument(help="A node's log, such as night/log-JPN.db.")],
    verify: Annotated[bool, typer.Option("--verify", help="Play it again and compare every byte; check every signature.")] = False,
) -> None:
    """Read a log; with --verify prove that the same inputs give the same bytes.

    Example:  tocsin replay night/log-JPN.db --verify
    """
    from tocsin.cli.replay import run_replay  # noqa: PLC0415

    run_replay(log, verify=verify)


@app.command()
def track(
    plots: Annotated[str, typer.Argument(help="Plots as JSON Lines or CSV; - reads standard input.")],
    sensors: Annotated[Path, typer.Option(help="The sensors that made them (TOML).")],
    out: Annotated[Path, typer.Option(help="Folder for tracks.jsonl, events.jsonl and summary.json.")],
    every: Annotated[float, typer.Option(min=0.1, help="Interval of the predicted lines in seconds.")] = 1.0,
    start: Annotated[str | None, typer.Option("--from", help="Use plots from this UTC time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Use plots up to this UTC time.")] = None,
) -> None:
    """Track any plot file offline: your sensors, your plots, nothing of the demo's coalition in it.

    Example:  tocsin track plots.jsonl --sensors sensors.toml --out tracked
    """
    from tocsin.cli.track import run_track  # noqa: PLC0415

    run_track(plots, sensors, out, every, start, until)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `tocsin track --out DIR` (or `tocsin run`) wrote.")],
    truth: Annotated[Path, typer.Option(help="True states and flights (JSON Lines), as `tocsin run --out` writes truth.jsonl.")],
    plots: Annotated[Path | None, typer.Option(help="The tracked plots: a missile then counts from its first to its last plot.")] = None,
    sensors: Annotated[Path | None, typer.Option(help="The sensors of these plots (TOML).")] = None,
    cutoff_km: Annotated[float, typer.Option(min=0.001, help="Farther than this, a track is of something else (c of GOSPA, OSPA).")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Score tracks and launch events against the truth; every figure with its 95 % interval and n.

    Prints tables and writes DIR/evaluation.json: GOSPA and OSPA, errors by phase, ANEES with the band that an honest filter
    keeps, delays, false and duplicate tracks, launch and impact errors at burnout + 30, 60, 120 s and at last, how often the
    50, 90 and 95 % ellipses and the footprints hold the truth, counts, classes, kinds.

    Truth lines: states {"time", "missile", "kind", "pos_ecef_m": [x, y, z], "vel_ecef_mps": [x, y, z]} at any rate, and one
    line per missile {"missile", "kind", "launch": {"time", "lat_deg", "lon_deg"}, "burnout": {"time"}, "impact": {...}}.
    What that line leaves out is taken from the states. Objects of the kinds aircraft, bomber, fighter, airliner, satellite,
    meteor, part, stage or debris are no missiles.

    Without --plots nobody knows when a missile came into sight: it then counts from its first paired second to its track's
    last update, and delays from the first plot are not given.

    Examples:  tocsin evaluate tracked --truth night/truth.jsonl

    tocsin evaluate tracked --truth truth.jsonl --plots plots.jsonl --sensors sensors.toml --json
    """
    from tocsin.cli.evaluate import Asked, run_evaluate  # noqa: PLC0415

    run_evaluate(Asked(folder=folder, truth=truth, plots=plots, sensors=sensors, cutoff_m=1_000.0 * cutoff_km, as_json=as_json))


@app.command()
def drill(
    script: Annotated[str | None, typer.Argument(help="A packaged drill or a script file (.toml); none: list the packaged ones.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the drill's own logs and drill.txt.")] = None,
    live: Annotated[list[Path] | None, typer.Option("--live", help="A live log that must be free of drill data; repeatable.")] = None,
    seed: Seed = 1,
) -> None:
    """Play a drill in the exercise world, compare with its script, and prove that live logs hold nothing of it.

    Example:  tocsin drill hold-and-escalate --out drill --live live/log-JPN.db
    """
    from tocsin.cli.drill import run_drill_command  # noqa: PLC0415

    run_drill_command(script, out, tuple(live or ()), seed)


@app.command()
def warmup() -> None:
    """Compile the numerical kernels once, with progress; later starts load them from disk."""
    from tocsin.cli.warmup import run_warmup  # noqa: PLC0415

    run_warmup()


@policy_app.command("explain")
def policy_explain(
    nation: Annotated[str, typer.Argument(help="Whose rules, e.g. KOR.")],
    partner: Annotated[str, typer.Argument(help="Who would receive, e.g. JPN.")],
    world: Annotated[str, typer.Option(help="live, exercise or test.")] = "exercise",
    rules: Annotated[Path | None, typer.Option(help="A rules file instead of the packaged ones.")] = None,
) -> None:
    """Show field by field what a partner would get, how precise, and by which rule."""
    from tocsin.cli.policy import run_explain  # noqa: PLC0415

    run_explain(nation, partner, world, rules)


def main() -> None:
    """Run a command; every expected fault becomes one line on standard error and an exit code (2 usage, 3 data, 1 ours)."""
    try:
        app(prog_name="tocsin", standalone_mode=True)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(INTERRUPTED)
    except OperatorFault as fault:
        sys.stderr.write(f"tocsin: {fault}\n")
        sys.exit(fault.exit_code)
    except TocsinError as fault:
        sys.stderr.write(f"tocsin: {fault}\n")
        sys.exit(3 if isinstance(fault, PeerFault) else 1)
    except BrokenPipeError:
        sys.exit(0)
