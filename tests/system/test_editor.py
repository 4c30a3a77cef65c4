"""The editor's bundle in headless Chromium: settings page and query editor, with the real back end behind them."""

import pathlib
import subprocess

from conftest import ROOT, StandIn


def test_settings_page_and_query_editor(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("editor")
    standin = StandIn(folder, server.url, server.key, page=ROOT / "web/page/dist")
    screenshots = pathlib.Path(folder / "screenshots")
    try:
        script = ROOT / "tests/editor/editor.mjs"
        ran = subprocess.run(["node", script, standin.url, screenshots], capture_output=True, text=True, timeout=240)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert len(list(screenshots.glob("*.png"))) >= 2
    finally:
        standin.process.stop()
