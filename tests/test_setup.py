"""The set-up holds together: bounds, pins, conda, README, Makefile, and what it says when it cannot go on."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jupyterlab_server.settings_utils import get_settings
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
    """Run make as from a fresh shell: the make that runs these tests hands its flags and its variables down."""
    given = re.findall(r"^#   ([A-Z]+)=", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    inherited = {
        name: value for name, value in os.environ.items() if name not in {*given, "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=cwd, env=inherited | variables, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_each_dependency_has_bounds_and_a_pin_within_them(requirement):
    pins = {canonicalize_name(name): version for name, version in PINS.items()}
    assert pins[canonicalize_name(requirement.name)] in requirement.specifier
    assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}


def test_pins_name_no_build():
    assert not [line for line in CONSTRAINTS[1:] if not re.fullmatch(r"[\w.-]+==[\w.]+", line)]


def test_readme_and_contributing_state_the_commands_and_versions():
    readme, contributing = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    for wanted in ["make course", "make test", "make lab", "make slides", *PYTHONS]:
        assert wanted in readme
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE).group(1).split()
    assert {f"make {target}" for target in targets} - {"make clean"} <= set(
        re.findall(r"make [a-z]+", readme + contributing)
    )
    for name in ("torch", "tensorflow"):
        named = set(re.findall(rf"{name}\W+(\d+\.\d+\.\d+)", readme + contributing, flags=re.IGNORECASE))
        assert named == {PINS[name]}


def test_conda_and_colab_get_both_frameworks():
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "-e .[pytorch,tensorflow]\n" in environment
    asked = re.search(r'%pip install "(.*) @ git', (ROOT / "README.md").read_text(encoding="utf-8")).group(1)
    asked = Requirement(asked)
    assert asked.name == PROJECT["name"] and asked.extras == {"pytorch", "tensorflow"}
    assert asked.extras <= PROJECT["optional-dependencies"].keys()


def test_help_lists_every_target_in_one_line():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE).group(1).split()
    rows = make().stdout.splitlines()
    assert [row.split()[1] for row in rows] == targets == re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE)
    assert all(len(row.split()) > 2 and len(row) <= 120 for row in rows)


def test_make_test_leaves_files_that_exist_to_all():
    left = re.findall(r"--ignore-glob=(\S+)'", make("-n", "test").stdout)
    assert left and all(list(ROOT.glob(pattern)) for pattern in left)
    assert "ignore" not in make("-n", "test", "ALL=1").stdout


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


def installs(folder, *, system="Linux", driver=False, uv="exit 0", pip="", **given):
    """Run setup.sh on a machine of scripts; return what installs it asked for, what uv was told, and what it said."""
    calls, told, scripts, venv = folder / "calls", folder / "told", folder / "bin", folder / "a venv" / "bin"
    answers = {
        scripts / "uname": f"echo {system}",
        scripts / "a python": "echo 3.11",
        venv / "python": f'echo "$@" >>{calls}\ncase "$*" in "-m pip config list") echo "{pip}" ;; esac',
        venv / "uv": f'echo uv "$@" >>{calls}\nenv | grep -E "^(UV|SSL)_" >{told}\n{uv}',
    }
    if driver:
        answers[scripts / "nvidia-smi"] = "echo one"
    for path, answer in answers.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{answer}\n")
        path.chmod(0o755)
    for name in ("mkdir", "sed", "head", "env", "grep", "cp"):
        (scripts / name).symlink_to(shutil.which(name))
    environment = {"PATH": str(scripts), "PYTHON": "a python", "VENV": str(folder / "a venv")} | given
    script = [shutil.which("sh"), str(ROOT / "tools" / "setup.sh")]
    said = subprocess.run(script, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
    asked = [call for call in calls.read_text().splitlines() if " -e ." in call]
    return asked, dict(line.split("=", 1) for line in told.read_text().splitlines()), said


@pytest.mark.parametrize(
    ("machine", "cpu"),
    [
        ({"system": "Linux"}, True),
        ({"system": "Linux", "driver": True}, False),
        ({"system": "Linux", "TORCH": "cuda"}, False),
        ({"system": "Linux", "driver": True, "TORCH": "cpu"}, True),
        ({"system": "Darwin"}, False),
        ({"system": "Linux", "FRAMEWORK": "pytorch"}, True),
        ({"system": "Linux", "FRAMEWORK": "tensorflow"}, False),
    ],
)
def test_linux_without_a_gpu_gets_the_cpu_build(machine, cpu, tmp_path):
    (call,), _, _ = installs(tmp_path, **machine)
    assert call.startswith("uv pip install ") and ("--torch-backend cpu" in call) == cpu


def test_where_the_cpu_build_cannot_be_fetched_the_install_goes_on_and_says_so(tmp_path):
    (first, second), _, said = installs(tmp_path, uv='case "$*" in *"backend cpu"*) exit 2 ;; esac')
    assert "--torch-backend cpu" in first and "--torch-backend" not in second
    assert "The CPU build of PyTorch could not be fetched" in said


def test_without_a_network_what_was_installed_before_is_enough(tmp_path):
    *_, last = installs(tmp_path, uv='case "$*" in *"--offline"*) exit 0 ;; *) exit 2 ;; esac')[0]
    assert last == "uv pip install --python " + f"{tmp_path}/a venv/bin/python --offline -e .[pytorch,tensorflow,test]"


def test_where_uv_cannot_install_pip_does(tmp_path):
    *by_uv, last = installs(tmp_path, uv="exit 2")[0]
    assert len(by_uv) == 3 and last == "-m pip install -e .[pytorch,tensorflow,test]"


@pytest.mark.parametrize(
    ("given", "extras"),
    [({}, "pytorch,tensorflow,test"), ({"FRAMEWORK": "pytorch"}, "pytorch"), ({"EXTRA": "site"}, "site")],
)
def test_what_is_installed(given, extras, tmp_path):
    (call,), _, _ = installs(tmp_path, **given)
    assert call.endswith(f"-e .[{extras}]")


def test_jupyterlab_opens_pages_as_pages_and_lessons_do_not_show_what_tensorflow_logs(tmp_path):
    installs(tmp_path)
    venv = tmp_path / "a venv"
    lab = {"app_settings_dir": venv / "share/jupyter/lab/settings", "settings_dir": tmp_path / "of the user"}
    schemas = Path(sys.prefix, "share/jupyter/lab/schemas")
    settings, _ = get_settings(**lab, schemas_dir=schemas, schema_name="@jupyterlab/docmanager-extension:plugin")
    assert settings["schema"]["properties"]["defaultViewers"]["default"] == {"markdown": "Markdown Preview"}
    program = "from ipykernel.kernelapp import IPKernelApp; app = IPKernelApp()\n"
    program += f"app.config_file_paths[:] = [{str(venv / 'etc' / 'ipython')!r}]; app.load_config_file()\n"
    program += "print(app.capture_fd_output)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout == "False\n", said.stderr


def test_uv_is_told_what_pip_was_told(tmp_path):
    lines = [
        ":env:.index-url='https://mirror.example/simple'",
        "global.index-url='https://other.example/simple'",
        "global.cert='/etc/some.pem'",
        "install.find-links='/wheels https://wheels.example'",
    ]
    _, told, _ = installs(tmp_path, pip="\n".join(lines))
    assert told["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert told["UV_FIND_LINKS"] == "/wheels,https://wheels.example"
    assert told["SSL_CERT_FILE"] == "/etc/some.pem"
    nothing = installs(tmp_path / "nothing")[1]
    assert not {"UV_DEFAULT_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE"} & nothing.keys()


def test_what_python_may_not_compile_later_is_compiled_at_once(tmp_path):
    assert installs(tmp_path / "one", PYTHONDONTWRITEBYTECODE="1")[1]["UV_COMPILE_BYTECODE"] == "1"
    assert "UV_COMPILE_BYTECODE" not in installs(tmp_path / "two")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lab", "FRAMEWORK=jax"], "FRAMEWORK takes pytorch or tensorflow, and got jax"),
        (["course", "FRAMEWORK=pytorch"], "FRAMEWORK goes with make lab alone"),
    ],
)
def test_a_wrong_framework_gets_one_sentence(arguments, sentence):
    result = make(*arguments)
    assert result.returncode != 0 and sentence in result.stderr and len(result.stderr.splitlines()) == 1


def test_one_framework_is_installed_alone_and_its_lessons_are_opened():
    lines = make("--dry-run", "lab", "FRAMEWORK=tensorflow", "VENV=no such venv").stdout
    assert 'FRAMEWORK="tensorflow" sh tools/setup.sh' in lines
    assert lines.splitlines()[-1] == '"no such venv/bin/python" -m jupyter lab build/tensorflow/00_start_here.ipynb'


def test_an_environment_whose_path_has_spaces_is_found(tmp_path):
    venv = tmp_path / "my venv"
    (venv / "bin").mkdir(parents=True)
    for stamp in (".installed", ".installed-site"):
        (venv / stamp).touch()
    lines = make("--dry-run", "site", f"VENV={venv}").stdout
    assert lines == f'"{venv}/bin/python" -m tools.site\n'


def test_where_the_home_folder_cannot_be_written_another_takes_its_place(tmp_path):
    show = ["--eval=home: ; @echo $$HOME", "home"]
    assert make(*show, HOME=str(tmp_path)).stdout.strip() == str(tmp_path)
    assert make(*show, HOME=str(tmp_path / "nowhere")).stdout.strip() == str(ROOT / "build" / "home")


def test_the_container_is_set_up_by_a_target_of_make():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    command = shlex.split(container["postCreateCommand"])
    assert command[0] == "make" and "sh tools/setup.sh" in make("--dry-run", "--always-make", *command[1:]).stdout
    assert container["image"].rpartition(":")[2].rpartition("-")[2] in PYTHONS


def test_code_is_formatted_and_linted():
    for arguments in (["format", "--check"], ["check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--quiet"], cwd=ROOT, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
