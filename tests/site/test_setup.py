"""`bin/setup` in a folder of its own, with a stand-in for uv that writes down what it is asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crm.lib import servers

UV = """#!/bin/sh
echo "$@" >> "{calls}"
if [ "$1" = venv ]; then
  mkdir -p .venv/bin && touch .venv/bin/python
else
  sleep 0.3
fi
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "tools").mkdir()
    shutil.copy(servers.ROOT / "bin/setup", tmp_path / "bin/setup")
    (tmp_path / "requirements.lock").write_text("django==5\n")
    (tmp_path / "requirements-dev.lock").write_text("pytest==9\n")
    uv = tmp_path / "tools/uv"
    uv.write_text(UV.format(calls=tmp_path / "calls"))
    uv.chmod(0o755)
    return tmp_path


def start(folder: Path, *arguments: str, before: str = "") -> "subprocess.Popen[str]":
    """Run the script; `before` is Python that changes what it will find."""
    program = f"import runpy, sys\n{before}\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder / "bin/setup"), *arguments],
        env={**os.environ, "PATH": f"{folder / 'tools'}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def setup(folder: Path, *arguments: str, before: str = "") -> str:
    process = start(folder, *arguments, before=before)
    return process.communicate()[0]


def installs(folder: Path) -> list[str]:
    lines = (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []
    return [line.partition("--no-deps ")[2] for line in lines if line.startswith("pip install")]


def test_it_installs_once_and_again_when_the_lock_changes(folder: Path) -> None:
    setup(folder)
    assert setup(folder) == ""
    assert installs(folder) == ["-r requirements.lock"]

    (folder / "requirements.lock").write_text("django==6\n")
    setup(folder)
    assert installs(folder) == ["-r requirements.lock"] * 2


def test_what_the_tests_need_comes_on_demand_and_is_then_kept_fresh(folder: Path) -> None:
    setup(folder)
    setup(folder, "--dev")
    (folder / "requirements.lock").write_text("django==6\n")
    setup(folder)

    both = "-r requirements-dev.lock -r requirements.lock"
    assert installs(folder) == ["-r requirements.lock", both, both]


def test_two_at_once_install_once(folder: Path) -> None:
    both = [start(folder), start(folder)]

    assert [process.wait(20) for process in both] == [0, 0]
    assert installs(folder) == ["-r requirements.lock"]


def test_a_broken_installation_is_not_taken_for_a_good_one(folder: Path) -> None:
    uv = folder / "tools/uv"
    working = uv.read_text()
    uv.write_text(working + "exit 1\n")
    assert "failed (exit code 1)" in setup(folder)

    uv.write_text(working)
    setup(folder)
    assert len(installs(folder)) == 1


def test_without_ensurepip_it_names_the_package_to_install(folder: Path) -> None:
    (folder / "tools/uv").unlink()
    message = setup(
        folder,
        before="import importlib.util\nimportlib.util.find_spec = lambda name: None\nimport shutil\nshutil.which = lambda name: None",
    )

    assert "apt install python3-venv" in message
    assert not (folder / ".venv").exists()


def test_an_old_python_is_told_so(folder: Path) -> None:
    message = setup(
        folder, before="import shutil\nshutil.which = lambda name: None\nsys.version_info = (3, 9, 2)"
    )

    assert "Enishi needs Python 3.11 or newer" in message
    assert installs(folder) == []


def test_an_old_python_steps_aside_for_a_newer_one(folder: Path) -> None:
    newer = folder / "tools/python3.13"
    newer.write_text("#!/bin/sh\necho newer runs $1\n")
    newer.chmod(0o755)

    assert f"newer runs {folder / 'bin/setup'}" in setup(folder, before="sys.version_info = (3, 9, 2)")


def test_where_uv_does_not_get_through_pip_is_tried(folder: Path) -> None:
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >> "{folder / "calls"}"\n')
    python.chmod(0o755)
    (folder / "tools/uv").write_text("#!/bin/sh\nexit 2\n")

    said = setup(folder)

    assert "trying pip" in said
    *_asked, last = (folder / "calls").read_text().splitlines()
    assert last.endswith("install --require-hashes --no-deps -r requirements.lock")
    assert setup(folder) == ""
