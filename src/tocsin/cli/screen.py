"""What the demo looks like: a story that scrolls and, on a terminal, a strip that says how each nation stands now."""

import sys
import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table as RichTable

from tocsin.adapters.formats.times import ns2iso
from tocsin.evaluation.story import Line, Story
from tocsin.messages.basics import Nation
from tocsin.units import seconds_between

REFRESH_S = 0.25  # eyes do not need more, and the work needs the processor
MARKS = {"plain": "   ", "suspect": " ? ", "alarm": "***", "predict": " > ", "calm": " . "}  # never colour alone
STYLES = {"plain": "", "suspect": "yellow", "alarm": "bold red", "predict": "cyan", "calm": "green"}


class Screen:
    """A context: animation only on a terminal, plain lines elsewhere; everything is flushed at once."""

    def __init__(self, story: Story, nations: tuple[Nation, ...], first_launch_ns: int) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._story = story
        self._nations = nations
        self._zero_ns = first_launch_ns
        self._live: Live | None = None
        self._drawn = 0.0

    def __enter__(self) -> Self:
        """Start the strip if there is a terminal."""
        if self.console.is_terminal:
            self._live = Live(console=self.console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the strip away; the story stays."""
        if self._live is not None:
            self._live.stop()

    def ended(self) -> None:
        """The night is over: take the strip away and say what is being done meanwhile."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self.say()
        self.say("Replaying every node's log, and placing the ship elsewhere, for the tables ...")

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line of plain text."""
        self.console.print(text, style=style, markup=False)
        sys.stdout.flush()

    def line(self, line: Line) -> None:
        """Print a line of the story."""
        seconds = seconds_between(line.time_ns, self._zero_ns)
        sign = "-" if seconds < 0 else "+"
        minutes, rest = divmod(abs(seconds), 60.0)
        stamp = f"{ns2iso(line.time_ns)[11:19]}Z  T{sign}{minutes:02.0f}:{rest:02.0f}"
        self.say(f"{stamp} {MARKS[line.tone]} {line.nation}  {line.text}", STYLES[line.tone])

    def strip(self, now_ns: int) -> None:
        """Redraw how each nation stands, not more often than eyes need."""
        if self._live is None or time.monotonic() - self._drawn < REFRESH_S:
            return
        self._drawn = time.monotonic()
        table = RichTable(title=f"EXERCISE   {ns2iso(now_ns)[:19]}Z", title_style="bold", expand=True)
        for heading in ("nation", "its own sensors alone", "with partners"):
            table.add_column(heading)
        for nation in self._nations:
            table.add_row(nation, self._story.answer(nation, "alone"), self._story.answer(nation, "joint"))
        self._live.update(table, refresh=True)
