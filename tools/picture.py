"""Draw docs/picture.svg, the README's picture, from a real run of the reference night (half a minute).

.venv/bin/python tools/picture.py
"""

from pathlib import Path

from tocsin.api.night import Plan, play_night
from tocsin.evaluation.night import night_figures
from tocsin.evaluation.report import write_picture
from tocsin.geography import load_zones
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.scenario import load_coalition, load_scenario

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "picture.svg"


def main() -> None:
    """Play the night in memory and draw it."""
    scenario = load_scenario("2023-08-30")
    coalition = load_coalition(scenario.coalition)
    plan = Plan(
        scenario=scenario, coalition=coalition, sensors=place(coalition), configuration="base", seed=1, skip_quiet=True, log_dir=None
    )
    record = play_night(plan, make_night(scenario), load_zones())
    write_picture(PICTURE, record, night_figures(record), coalition)
    print(f"{PICTURE}: drawn")


if __name__ == "__main__":
    main()
