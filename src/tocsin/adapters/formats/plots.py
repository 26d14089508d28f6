"""Plot files: JSON Lines or CSV with the same headers, read as a stream and checked line by line; and the writer.

A bad line becomes a ``Problem`` and costs nothing but itself. What plots mean is not known here: no tracking, no sorting.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import msgspec

from tocsin.adapters.formats.angles import deg
from tocsin.adapters.formats.lines import require_finite
from tocsin.adapters.formats.plot_line import (
    FIELDS,
    LEFT_OUT,
    REQUIRED,
    CsvParser,
    PlotCheck,
    PlotLine,
    StrictPlotLine,
    cells,
    explain_json,
)
from tocsin.adapters.formats.problem import BadInput, Problem, shown
from tocsin.adapters.formats.times import ns2iso
from tocsin.errors import OperatorFault
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor

LINE_CAP_BYTES: Final = 64 * 1024  # 300 times a usual line; a file without line ends is refused without being held
DUPLICATE_WINDOW: Final = 50_000  # plots among which an equal one is a repetition: minutes of a raid, 20 MB


class PlotCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader has met so far."""

    lines: int
    plots: int
    problems: tuple[tuple[str, int], ...]  # (reason, how many), sorted by reason; "unknown-field" counts the one warning


_decoder: Final = msgspec.json.Decoder(PlotLine)
_strict_decoder: Final = msgspec.json.Decoder(StrictPlotLine)
_values_decoder: Final = msgspec.json.Decoder(dict[str, object])
_encoder: Final = msgspec.json.Encoder()
_BAD_JSON: Final = (msgspec.MsgspecError, ValueError, RecursionError)


class PlotReader:
    """Reads one stream once: iterate over it for plots and problems in file order; ``counts`` at any time.

    ``sensors``: the known ones; None takes any id. ``not_after_ns``: a later time is a problem (a clock or a unit is wrong).
    A format is recognised by the first line: ``{`` begins JSON Lines, a header with ``time`` and ``sensor`` begins CSV.
    """

    def __init__(self, stream: BinaryIO, name: str, *, sensors: tuple[Sensor, ...] | None = None, not_after_ns: int | None = None) -> None:
        self._stream = stream
        self._name = name
        self._check = PlotCheck(sensors, not_after_ns)
        self._line = 0
        self._plots = 0
        self._problems: dict[str, int] = {}
        self._unknown_seen = False
        self._unknown_field = ""
        self._recent: set[Plot] = set()
        self._before: set[Plot] = set()

    def counts(self) -> PlotCounts:
        """Return what was met so far."""
        return PlotCounts(lines=self._line, plots=self._plots, problems=tuple(sorted(self._problems.items())))

    def __iter__(self) -> Iterator[Plot | Problem]:
        """Yield each good plot and each problem, in file order. Raises ``OperatorFault`` only if the stream itself fails."""
        parse: Callable[[bytes], PlotLine] | None = None
        while True:
            try:
                raw = self._next_line()
                if raw is None:
                    return
                if parse is None:
                    parse, is_header = self._recognise(raw)
                    if is_header:
                        yield from self._warn_unknown()
                        continue
                plot = self._check(parse(raw))
                self._refuse_repetition(plot)
            except BadInput as bad:
                yield self._problem(bad)
            else:
                self._plots += 1
                yield plot
            if self._unknown_field:
                yield from self._warn_unknown()

    def _next_line(self) -> bytes | None:
        """Return the next line that is not empty, without its end; None at the end of the stream."""
        while True:
            try:
                raw = self._stream.readline(LINE_CAP_BYTES + 1)
                if not raw:
                    return None
                self._line += 1
                if len(raw) > LINE_CAP_BYTES:
                    self._skip_line(raw)
                    raise BadInput("line-too-long", "", f"at most {LINE_CAP_BYTES} bytes", "more", f"{LEFT_OUT}: write one plot a line")
            except OSError as problem:
                raise OperatorFault(
                    f"{self._name}: expected to read on after line {self._line}, came: {problem}; check the disk"
                ) from problem
            if self._line == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            raw = raw.strip()
            if raw:
                return raw

    def _skip_line(self, raw: bytes) -> None:
        """Read on to the end of a line that is too long, holding one piece of it at a time."""
        while raw and not raw.endswith(b"\n"):
            raw = self._stream.readline(LINE_CAP_BYTES)

    def _recognise(self, raw: bytes) -> tuple[Callable[[bytes], PlotLine], bool]:
        """Return the parser for this file, and whether its first line is a header."""
        names = [] if raw.startswith((b"{", b"[")) else [cell.strip() for cell in cells(raw) or ()]
        if not set(REQUIRED) <= set(names):
            return self._parse_json, False
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            text = f"{self._name} line 1: expected each column once, came {shown(repeated[0])} twice; rename or remove one"
            raise OperatorFault(text)
        self._note_unknown(name for name in names if name not in FIELDS)
        return CsvParser(tuple(names)), True

    def _parse_json(self, raw: bytes) -> PlotLine:
        """Return the line's fields; unknown ones are noted once and ignored."""
        if not self._unknown_seen:
            try:
                return _strict_decoder.decode(raw)
            except _BAD_JSON:
                pass
        try:
            line = _decoder.decode(raw)
            if not self._unknown_seen:
                self._note_unknown(field for field in _values_decoder.decode(raw) if field not in FIELDS)
        except _BAD_JSON:
            raise explain_json(raw) from None
        return line

    def _note_unknown(self, names: Iterator[str]) -> None:
        """Remember the first unknown field, for the one warning."""
        first = next(names, None)
        if first is not None and not self._unknown_seen:
            self._unknown_seen = True
            self._unknown_field = first

    def _warn_unknown(self) -> Iterator[Problem]:
        """Yield the one warning, once there is something to warn of."""
        field, self._unknown_field = self._unknown_field, ""
        if field:
            expected = "fields " + ", ".join(FIELDS)
            yield self._problem(BadInput("unknown-field", shown(field), expected, "another one", "it is ignored here and in all lines"))

    def _refuse_repetition(self, plot: Plot) -> None:
        """Raise if an equal plot came within the last ``DUPLICATE_WINDOW`` / 2 to ``DUPLICATE_WINDOW`` plots."""
        if plot in self._recent or plot in self._before:
            raise BadInput("duplicate", "", "each plot once", "the same plot again", f"{LEFT_OUT}: was the file put together twice?")
        if len(self._recent) >= DUPLICATE_WINDOW // 2:
            self._before = self._recent
            self._recent = set()
        self._recent.add(plot)

    def _problem(self, bad: BadInput) -> Problem:
        self._problems[bad.reason] = self._problems.get(bad.reason, 0) + 1
        return Problem(
            file=self._name, line=self._line, field=bad.field, reason=bad.reason, expected=bad.expected, came=bad.came, todo=bad.todo
        )


def plot_line(plot: Plot) -> bytes:
    """Return the plot as a line of JSON with its line end. Raises ``OurFault`` if a measured number is not finite."""
    vectors = (plot.los_ecef or ()) + (plot.sensor_pos_ecef_m or ())
    measured = (plot.azimuth_rad, plot.elevation_rad, plot.range_m, plot.range_rate_mps, *vectors)
    require_finite(f"plot of {plot.sensor}", *(number for number in measured if number is not None))
    line = PlotLine(
        time=ns2iso(plot.time_ns),
        sensor=plot.sensor,
        azimuth_deg=_deg(plot.azimuth_rad),
        elevation_deg=_deg(plot.elevation_rad),
        range_m=plot.range_m,
        range_rate_mps=plot.range_rate_mps,
        los_ecef=plot.los_ecef,
        sensor_pos_ecef_m=plot.sensor_pos_ecef_m,
        sigma_azimuth_deg=_deg(plot.sigma_azimuth_rad),
        sigma_elevation_deg=_deg(plot.sigma_elevation_rad),
        sigma_range_m=plot.sigma_range_m,
        sigma_range_rate_mps=plot.sigma_range_rate_mps,
        sigma_los_deg=_deg(plot.sigma_los_rad),
    )
    return _encoder.encode(line) + b"\n"


def _deg(angle_rad: float | None) -> float | None:
    return None if angle_rad is None else deg(angle_rad)
