"""summary.json: the keys that tests and users rely on, nulls where never, and nothing that JSON cannot say."""

import json

import msgspec

from tests.evaluation.nights import shared_night
from tocsin.evaluation.night import night_figures
from tocsin.evaluation.summary import eez_key, percentiles_ms, summary


def test_the_summary_has_the_stable_keys_with_one_entry_per_missile() -> None:
    record = shared_night()
    said = json.loads(msgspec.json.encode(summary(record, night_figures(record), replay_identical=True)))
    assert said["event"] == "made-up-night"
    assert said["world"] == "exercise"
    assert said["truth"]["missiles"] == 2
    assert (said["launch_events"], said["salvos"], said["false_launch_events"]) == (2, 1, 0)
    assert said["messages"] == {"sent": 24, "acknowledged": 24, "refused": 0}
    assert said["aircraft"] == {"tracked": 0, "warned": 0}
    assert said["replay_identical"] is True
    for code in ("AAA", "BBB"):
        for picture in ("alone", "together"):
            figures = said["nations"][code][picture]
            assert isinstance(figures["missiles_at_least"], int)
            for key in ("first_detection_s", "first_warning_s", "impact_error_km", "ellipse95_km2", "p_outside_bbb_eez"):
                assert len(figures[key]) == 2
    assert said["nations"]["BBB"]["alone"]["first_warning_s"] == [None, 140.0]
    assert said["nations"]["BBB"]["together"]["p_outside_bbb_eez"] == [0.999, 0.999]


def test_latencies_are_milliseconds_and_null_where_nothing_was_measured() -> None:
    record = shared_night()
    said = json.loads(msgspec.json.encode(summary(record, night_figures(record), replay_identical=None)))
    assert said["latency_ms"] == {"plot_to_partner": {"p50": 20.0, "p99": 40.0}, "warning_to_partner": {"p50": None, "p99": None}}
    assert said["stage_latency_ms"] == {"node": {"p50": 1.0, "p99": 2.0}}
    assert said["replay_identical"] is None
    assert percentiles_ms([]) == {"p50": None, "p99": None}


def test_the_eez_answer_is_named_after_the_nation_and_left_out_where_nobody_asks() -> None:
    assert eez_key("JPN") == "p_outside_jpn_eez"
    record = shared_night()
    record.eez_nation = ""
    said = json.loads(msgspec.json.encode(summary(record, night_figures(record), replay_identical=None)))
    assert not [key for key in said["nations"]["AAA"]["alone"] if "eez" in key]
