"""``tocsin demo``: the published night on every nation's node, told as it happens, and what sharing bought."""

import os
import tempfile
import webbrowser
from pathlib import Path

import msgspec
import typer

from tocsin.api.night import Happening, Plan
from tocsin.api.produce import After, prepare_folder, produce_all
from tocsin.cli.pace import Pace, watched_s
from tocsin.cli.results import tell_results, write_results
from tocsin.cli.screen import Screen
from tocsin.errors import OperatorFault
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.story import Story
from tocsin.messages.coalition import Coalition
from tocsin.sim.catalogue_scenario import catalogue_scenario
from tocsin.sim.coalition import place
from tocsin.sim.night import Night, make_night
from tocsin.sim.scenario import Scenario, load_coalition, load_scenario, packaged

INTERRUPTED = 130  # the shell's code for Ctrl-C: 128 + SIGINT
SHOW_S = 88.0  # the demo's length on the wall clock without --fast or --speed


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked on the command line."""

    event: str
    fast: bool
    speed: float | None
    open_report: bool
    transport: str
    coalition: str | None
    out: Path | None
    seed: int


def run_demo(options: DemoOptions) -> None:
    """Play, tell, write, and show the tables."""
    if options.transport != "embedded":
        text = f"--transport {options.transport}: expected embedded; NATS between real nodes is not built yet"
        raise OperatorFault(text, exit_code=2)
    scenario = find_scenario(options.event)
    coalition = load_coalition(options.coalition or scenario.coalition)
    out = options.out or Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
    story = Story(tuple(spec.nation for spec in coalition.nations), scenario.eez_nation)
    screen = Screen(story, tuple(spec.nation for spec in coalition.nations), scenario.missiles[0].launch_ns)
    introduce(screen, scenario, coalition, out)
    if (out / "summary.json").exists():
        screen.say("The files of an earlier exercise in this folder are replaced.")
    prepare_folder(out, tuple(spec.nation for spec in coalition.nations))
    plan = Plan(
        scenario=scenario,
        coalition=coalition,
        sensors=place(coalition),
        configuration="base",
        seed=options.seed,
        skip_quiet=True,
        log_dir=out,
    )
    night = make_night(scenario)
    record, after = _play(plan, night, out, screen, options, story)
    results = write_results(plan, record, after, out)
    tell_results(screen, plan, record, after, out, results)
    if options.open_report:
        open_report(results.report, screen)


def _play(plan: Plan, night: Night, out: Path, screen: Screen, options: DemoOptions, story: Story) -> tuple[NightRecord, After]:
    speed = options.speed or watched_s(night, night.end_ns) / SHOW_S
    if not options.fast:
        screen.say(
            f"About {watched_s(night, night.end_ns) / speed:.0f} s, {speed:.1f} times faster than it was; quiet minutes are left out."
        )
    screen.say()
    pace = (lambda _: None) if options.fast else Pace(night, speed)

    def listen(happening: Happening) -> None:
        for line in (*story.first_plots(happening.nation, happening.first), *story.views(happening.nation, happening.views)):
            screen.line(line)

    def step(sim_ns: int) -> None:
        pace(sim_ns)
        screen.strip(sim_ns)

    try:
        with screen:
            return produce_all(plan, night, out, step, listen, screen.ended)
    except KeyboardInterrupt:
        screen.say(f"Stopped. What was written so far is in {out}")
        raise typer.Exit(INTERRUPTED) from None


def find_scenario(event: str) -> Scenario:
    """Return the scenario of a packaged name, a KST date or a row id of the catalogue, or a file (.toml); packaged names come first."""
    if event in packaged("scenarios") or event.endswith(".toml"):
        return load_scenario(event)
    try:
        return catalogue_scenario(event)
    except OperatorFault as fault:
        if fault.exit_code != 2:  # known, but not all it takes was published
            raise
        known = ", ".join(packaged("scenarios"))
        raise OperatorFault(f"{fault}. Packaged scenarios: {known}; a scenario file ends in .toml", exit_code=2) from fault


def introduce(screen: Screen, scenario: Scenario, coalition: Coalition, out: Path) -> None:
    """Say first what this is and what will happen."""
    nations = ", ".join(f"{spec.nation} ({spec.name})" for spec in coalition.nations)
    reported = sum(missile.manoeuvre_reported for missile in scenario.missiles)
    flown = "flown as " + " and ".join(sorted({missile.flight for missile in scenario.missiles}))
    screen.say(f"TOCSIN   {scenario.world.upper()}   {scenario.title}", "bold")
    screen.say(f"{scenario.notice} Warning only.")
    if reported:
        screen.say(f"The catalogue flags {reported} of {len(scenario.missiles)} as having pulled up; here they are {flown}.")
    if any(missile.flight == "pull-up" for missile in scenario.missiles):
        screen.say(
            "A pull-up turns while it falls: until it has turned, the predicted impact is that of a flight that does not, tens of\n"
            "kilometres short. Events therefore carry a footprint: the ring in which it can still come down (docs/measurements.md).",
            "bold",
        )
    links = f"through {coalition.hub}" if coalition.topology == "hub" and coalition.hub else "each with each"
    screen.say(f"Nodes: {nations}; linked {links}; {len(coalition.sensors)} notional sensors; default deny.")
    screen.say("You will see: first detections, each nation alone beside itself with partners, the predicted impact, the EEZ answer,")
    screen.say("'presumed down, not observed', all-clear, a raised watch, a second launch, and last what sharing bought.")
    screen.say(f"Files: {out}")


def open_report(report: Path, screen: Screen) -> None:
    """Open the report where a person would see it: a display, not as root, not over SSH."""
    display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if display and os.geteuid() != 0 and not os.environ.get("SSH_CONNECTION"):
        webbrowser.open(report.resolve().as_uri())
        screen.say(f"Opened {report}")
