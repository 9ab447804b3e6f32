"""What is kept of an executed notebook, and the limits on what runs: without a kernel."""

from types import SimpleNamespace

import nbformat
import pytest
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbgrader.preprocessors import Execute

from tools import assignments
from tools.grading import harmless, watch
from tools.grading.reading import BASE64
from tools.grading.report import SUSPECT

SCRIPT = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"


def kept(*outputs, markdown=""):
    """Return what is kept of a notebook with one code cell and one text."""
    cells = [nbformat.v4.new_code_cell(), nbformat.v4.new_markdown_cell(markdown)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    cells[0].update(execution_count=SCRIPT, outputs=[nbformat.from_dict(output) for output in outputs])
    notebook.metadata = nbformat.from_dict({"kernelspec": {"name": "python3", "display_name": "x"}, "widgets": SCRIPT})
    notebook, _ = harmless.Harmless().preprocess(notebook, {"statements": {"a < b & <b>c</b>"}})
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize(
    "output",
    [
        {
            "output_type": "display_data",
            "data": {"text/html": SCRIPT, "image/svg+xml": SCRIPT},
            "metadata": {"x": SCRIPT},
        },
        {"output_type": "display_data", "data": {"image/png": SCRIPT, "text/latex": SCRIPT}, "metadata": {}},
        {"output_type": "execute_result", "data": SCRIPT, "execution_count": SCRIPT, "metadata": SCRIPT},
        {"output_type": SCRIPT},
        {"output_type": "update_display_data", "data": {"application/vnd.jupyter.widget-view+json": SCRIPT}},
    ],
)
def test_an_output_is_made_anew_of_text_and_pictures(output):
    notebook = kept(output)
    assert "script" not in nbformat.writes(notebook)
    assert notebook.cells[0].outputs[0].data == {"text/plain": "(an output that is not shown)"}


def test_text_and_pictures_are_kept():
    picture = {"output_type": "display_data", "data": {"image/png": "aGk=\n", "text/plain": "<b>"}, "metadata": {}}
    assert kept(picture).cells[0].outputs[0].data == {"image/png": "aGk=\n", "text/plain": "<b>"}
    assert BASE64.fullmatch("aGk=") and not BASE64.fullmatch('aGk="')


def test_a_stream_is_text_and_a_warning_is_one_too():
    stream = {"output_type": "stream", "name": SCRIPT, "text": ["a", 1]}
    assert dict(kept(stream).cells[0].outputs[0]) == {"output_type": "stream", "name": "stdout", "text": "a1"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c > d, $x<2$, `p <0.5`", "a < b & c > d, $x<2$, `p <0.5`"),  # no tag: as the student wrote it
        ("a < b & <b>c</b>", "a < b & <b>c</b>"),  # a statement of the course
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("<IMG SRC=x onerror=y>", "&lt;IMG SRC=x onerror=y&gt;"),
        ("[a](javascript:x)", "[a](…x)"),
        ("[a](JavaScript :x)", "[a](…x)"),
        (r"$\href{javascript:x}{y}$", r"$…{…x}{y}$"),
        ("<!-- hidden", "&lt;!-- hidden"),
        ("an <a href='x and no end", "an &lt;a href='x and no end"),
    ],
)
def test_a_text_holds_no_tag_and_no_link_to_a_script(text, shown):
    assert kept(markdown=text).cells[1].source == shown


def test_nbgraders_own_command_escapes_answers_too():
    steps = assignments.course().config.Autograde.autograde_preprocessors
    assert steps[steps.index(Execute) + 1] is SanitizeHTML
    assert assignments.course().config.SanitizeHTML.enabled


def family(count, rss, pss):
    """Return processes of psutil that hold so much memory."""
    one = SimpleNamespace(
        memory_info=lambda: SimpleNamespace(rss=rss), memory_full_info=lambda: SimpleNamespace(pss=pss)
    )
    return [one] * count


@pytest.mark.parametrize(
    ("processes", "said"),
    [
        (family(watch.PROCESSES, 2**20, 2**20), None),
        (family(watch.PROCESSES + 1, 2**20, 2**20), f"started more than {watch.PROCESSES} processes"),
        (family(8, 2**30, 2**27), None),  # pages that all of them share
        (family(8, 2**30, 2**30), "took more than 4 GB"),
    ],
)
def test_a_family_of_processes_has_limits_and_shared_memory_counts_once(processes, said):
    assert watch.excess_of(processes) == said


def test_a_test_that_has_a_result_is_told_since_nbgrader_takes_it_for_marks():
    graded = {"grade_id": "p1_test", "grade": True, "solution": False, "locked": True, "points": 2, "schema_version": 3}
    result = nbformat.v4.new_output("execute_result", data={"text/plain": "1000"})
    cells = [nbformat.v4.new_code_cell(metadata={"nbgrader": graded}, outputs=[result])]
    cells += [nbformat.v4.new_code_cell(outputs=[result])]  # a student's own may have one
    told = list(harmless.results(nbformat.v4.new_notebook(cells=cells)))
    assert told == [(SUSPECT, "p1_test has a result, which a test has not")]
