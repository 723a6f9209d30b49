"""The examples of docs/api.md, run as a reader runs them: in a shell, against a live server."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"^```bash\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def server(store: None) -> Iterator[str]:
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={}, port=0)
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_examples_of_the_guide_do_what_it_says(server: str, tmp_path: Path) -> None:
    script = "\n".join(["set -eu -o pipefail", *EXAMPLES])
    script = script.replace("http://127.0.0.1:8000", server)

    run = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert len(EXAMPLES) >= 9
    for said in (
        '"is_admin":true',
        '"organisation":{',
        "logged out: 204\n",
        '"name":"Stock robot"',
        '"owner":{',
        "revoked: 204\n",
        '"code":"invalid_token"',
        '"sku":"MUG-042"',
        '"price":"12.50"',
        "304\n",
        '"price":"11.90"',
        '"code":"product_changed"',
        '"children":[{"path":"kitchen/mugs","name":"Mugs"}]',
        '"sku":"MUG-042"\n',
    ):
        assert said in run.stdout, (said, run.stdout)
    assert run.stdout.endswith("204\n")
