"""A server that is killed at any moment loses nothing and stores nothing twice. The long form is `./test crash`."""

import signal

from crash import Crash, posts_of
from conftest import Kinesis

KILLS = 10


def test_killed_at_random_moments(tmp_path):
    kinesis = Kinesis(tmp_path, on_disk=True)
    try:
        crash = Crash(tmp_path, kinesis, posts_of(kinesis), seed=5)
        while crash.figures.kills < KILLS:
            crash.kill()
        figures = crash.finish()
    finally:
        kinesis.process.stop(signal.SIGKILL)
    assert (figures.lost, figures.twice) == (0, 0), figures.line()
    # The load was one.
    assert figures.from_stream > 1000 and figures.acknowledged > 1000 and figures.segments > 10, figures.line()
