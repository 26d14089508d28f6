"""``tocsin drill``: play a drill script, compare, and prove that live stores hold nothing of it."""

import tempfile
from pathlib import Path

import typer

from tocsin.adapters.config import make_folder, write_bytes
from tocsin.api.drill import DrillReport, run_drill
from tocsin.api.drill_script import load_script, packaged_drills
from tocsin.api.live_proof import LiveProof, prove_live, traces_of
from tocsin.errors import OperatorFault
from tocsin.geography import load_zones
from tocsin.sim.scenario import load_coalition, load_scenario

DIFFERENT = 1  # exit code: not what the script expects, or something of a drill in a live store


def run_drill_command(name: str | None, out: Path | None, live: tuple[Path, ...], seed: int) -> None:
    """Play, compare, prove; exit 1 if anything is different or found. Without a name the packaged scripts are listed."""
    if name is None:
        for each in packaged_drills():
            script = load_script(each)
            typer.echo(f"{each:<28} {script.title}")
        return
    for log in live:
        if not log.is_file():
            raise OperatorFault(f"--live {log}: expected a node's live log, found no file", exit_code=2)
    script = load_script(name)
    scenario = load_scenario(script.scenario)
    coalition = load_coalition(scenario.coalition)
    folder = out or Path(tempfile.mkdtemp(prefix="tocsin-drill-"))
    make_folder(folder)
    logs = tuple(folder / f"log-{spec.nation}.db" for spec in coalition.nations)
    taken = [log for log in logs if log.exists()]
    if taken:
        raise OperatorFault(f"{taken[0]}: expected a folder without logs, each drill keeps its own; choose another with --out", exit_code=2)
    typer.echo(f"EXERCISE  drill {script.drill}: {script.title}\n{script.lesson}\nFiles: {folder}\n")
    report = run_drill(script, scenario, coalition, load_zones(), seed, folder)
    lines = list(_lines(report))
    proofs = [prove_live(log, traces) for traces in ((traces_of(logs),) if live else ()) for log in live]
    for proof in proofs:
        lines += _proof_lines(proof)
    for line in lines:
        typer.echo(line)
    write_bytes(folder / "drill.txt", ("EXERCISE\n" + "\n".join(lines) + "\nEXERCISE\n").encode())
    if report.differences or any(not proof.clean for proof in proofs):
        raise typer.Exit(DIFFERENT)


def _lines(report: DrillReport) -> tuple[str, ...]:
    verdict = f"NOT as expected: {len(report.differences)} difference(s)" if report.differences else "as expected"
    texts = [f"{p.status:<11} {p.proposal}\n    {p.text}" for p in report.proposals]
    return (
        *report.lines,
        "",
        "Texts, as people would have read them:",
        *texts,
        "",
        *report.results,
        *(f"DIFFERENT  {difference}" for difference in report.differences),
        f"Drill {report.script.drill}: {verdict}",
    )


def _proof_lines(proof: LiveProof) -> list[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in proof.kinds)
    lines = [
        "",
        f"Live store {proof.path}: {proof.records} records read ({kinds}), {proof.drafts} drafts that name {len(proof.areas)} areas",
        f"  {proof.keys_tried} keys of the drill looked for, {proof.frames_tried} signed words of the drill tried: "
        + ("one or more would count in live" if any("opens in live" in finding for finding in proof.findings) else "none opens in live"),
        f"  last chained hash {proof.last_hash or 'unknown'}",
    ]
    if proof.clean:
        return [*lines, "  FREE of drill data"]
    return [*lines, *(f"  FOUND  {finding}" for finding in proof.findings), "  NOT FREE of drill data: do not go on with this store"]
