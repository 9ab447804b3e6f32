"""The set-up holds together: bounds, pins, conda, README, Makefile, and what it says when it cannot go on."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools.course import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTS = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
REQUIREMENTS = [Requirement(line) for lines in LISTS for line in lines]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = dict(line.split("==") for line in CONSTRAINTS if not line.startswith("#"))
PYTHONS = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in SpecifierSet(PROJECT["requires-python"])]


def make(*arguments, cwd=ROOT, **variables):
    """Run make as from a fresh shell."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=cwd, env=inherited | variables, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_each_dependency_has_bounds_and_a_pin_within_them(requirement):
    pins = {canonicalize_name(name): version for name, version in PINS.items()}
    assert pins[canonicalize_name(requirement.name)] in requirement.specifier
    assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}


def test_pins_name_no_build():
    assert not [line for line in CONSTRAINTS[1:] if not re.fullmatch(r"[\w.-]+==[\w.]+", line)]


def test_readme_states_the_commands_and_versions():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for wanted in [
        "make course",
        "make test",
        "make lab",
        "make editions",
        "make site",
        "make slides",
        "make assignments",
        "make grade",
        *PYTHONS[:1],
        *PYTHONS[-1:],
    ]:
        assert wanted in readme
    for name in ("torch", "tensorflow"):
        named = set(re.findall(rf"{name}\W+(\d+\.\d+\.\d+)", readme, flags=re.IGNORECASE))
        assert named == {PINS[name]}


def test_help_lists_every_target_in_one_line():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE).group(1).split()
    rows = make().stdout.splitlines()
    assert [row.split()[1] for row in rows] == targets == re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE)
    assert all(len(row.split()) > 2 and len(row) <= 120 for row in rows)


def test_setup_takes_the_pythons_that_the_project_takes():
    script = (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8")
    assert re.findall(r"^ +(3\.\d.*?)\)", script, flags=re.MULTILINE) == [" | ".join(PYTHONS)]
    assert f"case $version in {' | '.join(PYTHONS)})" in script


@pytest.mark.parametrize("answer", ["echo 3.9", "exit 127"])
def test_a_wrong_python_gets_one_sentence(answer, tmp_path):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{answer}\n")
    python.chmod(0o755)
    result = make("course", f"PYTHON={python}", f"VENV={tmp_path}/venv")
    assert result.returncode != 0
    sentence, *rest = result.stderr.splitlines()
    assert sentence.startswith("The course needs Python 3.11, 3.12 or 3.13, and ")
    assert all(line.startswith("make: ***") for line in rest)
    assert not (tmp_path / "venv").exists()


def test_an_install_without_network_gets_one_sentence(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    result = make("course", f"PYTHON={sys.executable}", cwd=tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert result.returncode != 0
    sentence, *rest = result.stderr.splitlines()
    assert sentence.startswith("The install failed (the reason is at the end of build/install.log): ")
    assert all(line.startswith("make: ***") for line in rest)
    assert "ERROR" in (tmp_path / "build" / "install.log").read_text()
    assert not (tmp_path / ".venv" / ".installed").exists()


def test_the_site_is_added_to_the_environment_that_is_there(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\nexec {sys.executable} "$@"\n'
    )
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    result = make("site", cwd=tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_TARGET=str(tmp_path / "elsewhere"))
    assert "The install failed (the reason is at the end of build/install-site.log): " in result.stderr
    *_, call = (tmp_path / "calls").read_text().splitlines()
    assert call == "-m pip install -c constraints.txt -e .[site]"


def test_importing_companion_loads_nothing_heavy():
    heavy = ("torch", "tensorflow", "keras", "matplotlib", "sklearn", "pandas")
    program = f"import sys, companion; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


TENSORFLOW_THEN_AN_OPTIMISER = """
import companion
import tensorflow
import torch
torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
print("alive")
"""


def test_the_process_survives_both_frameworks():
    # With PyTorch's CUDA build, which the weekly run has, it died in the last line but one.
    result = subprocess.run([sys.executable, "-c", TENSORFLOW_THEN_AN_OPTIMISER], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "alive\n"), result.stderr[-2000:]


@pytest.mark.parametrize(("first", "loaded"), [("", True), ("import tensorflow;", False)])
def test_triton_is_loaded_before_tensorflow_or_not_at_all(first, loaded, tmp_path):
    for name in ("triton", "tensorflow"):
        (tmp_path / f"{name}.py").touch()
    program = f"import sys; {first} import companion; print('triton' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert result.stdout == f"{loaded}\n", result.stderr


def test_a_triton_that_cannot_be_imported_does_no_harm(tmp_path):
    (tmp_path / "triton.py").write_text("raise ImportError('no driver')")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    subprocess.run([sys.executable, "-c", "import companion"], env=environment, check=True)


def installs(folder, *, system, driver=False, given="", uv="exit 0"):
    """Run setup.sh on a machine of scripts; return the installs that it asked for."""
    calls, scripts, venv = folder / "calls", folder / "bin", folder / "venv" / "bin"
    answers = {
        scripts / "uname": f"echo {system}",
        scripts / "python": "echo 3.11",
        venv / "python": f'echo "$@" >>{calls}',
        venv / "uv": f'echo uv "$@" >>{calls}\n{uv}',
    }
    if driver:
        answers[scripts / "nvidia-smi"] = "echo one"
    for path, answer in answers.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{answer}\n")
        path.chmod(0o755)
    (scripts / "mkdir").symlink_to(shutil.which("mkdir"))
    environment = {"PATH": str(scripts), "PYTHON": "python", "VENV": str(folder / "venv"), "TORCH": given}
    script = [shutil.which("sh"), str(ROOT / "tools" / "setup.sh")]
    said = subprocess.run(script, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
    return [call for call in calls.read_text().splitlines() if call.endswith("-e .[test]")], said


@pytest.mark.parametrize(
    ("machine", "cpu"),
    [
        ({"system": "Linux"}, True),
        ({"system": "Linux", "driver": True}, False),
        ({"system": "Linux", "given": "cuda"}, False),
        ({"system": "Linux", "driver": True, "given": "cpu"}, True),
        ({"system": "Darwin"}, False),
    ],
)
def test_linux_without_a_gpu_gets_the_cpu_build(machine, cpu, tmp_path):
    (call,), _ = installs(tmp_path, **machine)
    assert call.startswith("uv pip install") == ("--torch-backend cpu" in call) == cpu


def test_where_the_cpu_build_cannot_be_fetched_the_install_goes_on_and_says_so(tmp_path):
    (first, second), said = installs(tmp_path, system="Linux", uv="exit 2")
    assert first.startswith("uv ") and second == "-m pip install -e .[test]"
    assert "The CPU build of PyTorch could not be fetched" in said


def test_code_is_formatted_and_linted():
    for arguments in (["format", "--check"], ["check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--quiet"], cwd=ROOT, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
