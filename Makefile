# The commands of the course; `make help` lists them. Works with GNU make 3.81 on.
#   PYTHON=…       the Python to make the environment with (else the first of python3.11, 3.12, 3.13, python3 that fits)
#   VENV=…         where the environment is
#   ALL=1          with make test: also what is built from the lessons, graded and timed; with make notebooks: all of them
#   SUBMISSIONS=…  the folder that make grade grades (else assignments/submitted)
#   OPTIONS=…      more for make grade, as --again anna (python -m tools.grading --help), or for make lab, as --no-browser
#   CONSTRAINTS=   install the newest versions within the bounds of pyproject.toml instead of the pinned ones
#   FRAMEWORK=…    with make lab: install pytorch or tensorflow alone, and open that framework's lessons
#   TORCH=cuda     install the build of PyTorch that pip finds (on Linux without a GPU the one for the CPU is the default)

VENV = .venv
PYTHON =
CONSTRAINTS = constraints.txt
FRAMEWORK =
RUN = "$(VENV)/bin/python" -m
STAMP = $(INTO)/$(if $(FRAMEWORK),.only-$(FRAMEWORK),.installed)
SITE = $(INTO)/.installed-site
ASSIGNMENTS = $(INTO)/.installed-assignments
CLUSTER = $(INTO)/.installed-cluster
SUBMISSIONS = assignments/submitted
# What make test leaves to ALL=1: half an hour of tests, in files that end so, of all that is built from the lessons, graded
# and timed, and of long lists of cases.
LONG = alike archives assignments* benchmarks broken_port browser confusion editions* engines examples execution \
	explorables grading harmless masters pdf precheck same_loss_equal same_loss_mends site slides submissions symptoms \
	trainers

# VENV as make writes names with spaces.
space := $() $()
INTO = $(subst $(space),\$(space),$(VENV))

# uv, Jupyter and Matplotlib keep files in the home folder; where it is read-only, in build/home.
export HOME := $(shell if [ -w "$$HOME" ]; then echo "$$HOME"; else mkdir -p build/home; echo "$(CURDIR)/build/home"; fi)

ifneq ($(FRAMEWORK),)
ifeq ($(filter pytorch tensorflow,$(FRAMEWORK)),)
$(error FRAMEWORK takes pytorch or tensorflow, and got $(FRAMEWORK))
endif
ifneq ($(MAKECMDGOALS),lab)
$(error FRAMEWORK goes with make lab alone: all else takes both frameworks)
endif
endif

.DEFAULT_GOAL := help
.PHONY: help course test lab notebooks editions site slides pdf assignments grade bench format derived clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

course: $(STAMP)  ## set up, execute every notebook afresh into build/, print the table of claims
	@$(RUN) tools.execute --course

test: $(STAMP) $(if $(ALL),$(SITE) $(ASSIGNMENTS) $(CLUSTER))  ## set up, then check lessons and package (ALL=1: and all that is built)
	@$(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder --nbval --nbval-kernel-name=preloaded \
		--nbval-cell-timeout=120 $(if $(ALL),,$(LONG:%='--ignore-glob=tests/*%.py'))

lab: $(STAMP)  ## open JupyterLab on the first notebook (FRAMEWORK=pytorch or tensorflow: without the other's cells)
	@$(if $(FRAMEWORK),[ -e build/$(FRAMEWORK) ] || $(RUN) tools.editions)
	@$(RUN) jupyter lab $(if $(FRAMEWORK),build/$(FRAMEWORK),notebooks)/00_start_here.ipynb$(if $(OPTIONS),$(space)$(OPTIONS))

notebooks: $(STAMP)  ## execute the changed texts into the stored notebooks (ALL=1: all; NAMES="01_…": those)
	@$(RUN) tools.execute --store $(NAMES) $(if $(ALL),--all)
	@$(RUN) tools.derived

editions: $(STAMP)  ## write the series for one framework into build/pytorch/ and build/tensorflow/
	@$(RUN) tools.editions

site: $(SITE)  ## build the site from the stored notebooks into build/site/, to be opened from disk or published
	@$(RUN) tools.site

slides: $(SITE)  ## make a deck of slides of every notebook, in build/slides/, to be opened from disk
	@$(RUN) tools.slides

pdf: $(SITE)  ## print the course as a book, for both frameworks and for each, into build/pdf/ (needs Chromium)
	@$(RUN) tools.pdf

assignments: $(ASSIGNMENTS)  ## write what students get (CLASS=list.csv: variants; CLASS=folder: made-up submissions)
	@$(RUN) tools.assignments $(if $(CLASS),--class "$(CLASS)")

grade: $(ASSIGNMENTS)  ## grade the submissions in SUBMISSIONS=folder, each in a sandbox; feedback, marks, who failed where
	@$(RUN) tools.grading "$(SUBMISSIONS)" $(OPTIONS)

bench: $(ASSIGNMENTS)  ## measure against practitioners' idioms, into benchmarks/table.md (TEST_SECONDS=… of make test)
	@$(RUN) benchmarks.bench $(if $(TEST_SECONDS),--test-seconds $(TEST_SECONDS))

format: $(STAMP)  ## format the code and the text notebooks, then lint the code and the stored notebooks
	@$(RUN) ruff format
	@$(RUN) ruff check

derived: $(STAMP)  ## write the bibliography, environment.yml, README's picture and its table from what they follow from
	@$(RUN) tools.derived

clean:  ## remove what was built (not the environment: that is the folder .venv)
	@rm -rf build .pytest_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml $(CONSTRAINTS)
	@VENV="$(VENV)" PYTHON="$(PYTHON)" CONSTRAINTS="$(CONSTRAINTS)" TORCH="$(TORCH)" FRAMEWORK="$(FRAMEWORK)" sh tools/setup.sh
	@touch "$@"

$(INTO)/.installed-%: $(STAMP)
	@VENV="$(VENV)" PYTHON="$(VENV)/bin/python" CONSTRAINTS="$(CONSTRAINTS)" EXTRA=$* sh tools/setup.sh
	@touch "$@"
