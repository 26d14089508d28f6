"""``tocsin run``: any scenario on any coalition, as fast as it goes."""

import tempfile
from pathlib import Path

from tocsin.api.night import Happening, Plan
from tocsin.api.produce import prepare_folder, produce_all
from tocsin.cli.demo import find_scenario, introduce
from tocsin.cli.results import tell_results, write_results
from tocsin.cli.screen import Screen
from tocsin.evaluation.story import Story
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.scenario import load_coalition


def run_scenario(name: str, coalition_name: str | None, configuration: str, out_dir: Path | None, seed: int) -> None:
    """Play a scenario without pacing and write every file."""
    scenario = find_scenario(name)
    coalition = load_coalition(coalition_name or scenario.coalition)
    nations = tuple(spec.nation for spec in coalition.nations)
    sensors = place(coalition, configuration)
    out = out_dir or Path(tempfile.mkdtemp(prefix="tocsin-run-"))
    story = Story(nations, scenario.eez_nation)
    screen = Screen(story, nations, scenario.missiles[0].launch_ns)
    introduce(screen, scenario, coalition, out)
    prepare_folder(out, nations)
    plan = Plan(
        scenario=scenario, coalition=coalition, sensors=sensors, configuration=configuration, seed=seed, skip_quiet=True, log_dir=out
    )
    night = make_night(scenario)

    def listen(happening: Happening) -> None:
        for line in (*story.first_plots(happening.nation, happening.first), *story.views(happening.nation, happening.views)):
            screen.line(line)

    with screen:
        record, after = produce_all(plan, night, out, screen.strip, listen, screen.ended)
    tell_results(screen, plan, record, after, out, write_results(plan, record, after, out))
