"""From and to the platforms: archives laid out as Moodle, Canvas and ILIAS lay them out, and their tables filled in."""

import csv
import io
import zipfile

import grading
import pytest
from grading import NAME

from tools.grading import Refusal, archives, book
from tools.grading.report import Result
from tools.grading.submissions import Record, find

FILE = f"{NAME}.ipynb"
ARCHIVES = {
    "Moodle": {
        "Anna Berg_12345_assignsubmission_file/counting.ipynb": "Anna Berg_12345",
        "Ben O'Hara_12346_assignsubmission_file_/work/counting (1).ipynb": "Ben O_Hara_12346",
        "Participant 77_77_assignsubmission_file_counting.ipynb": "Participant 77_77",
        "Anna Berg_12345_assignsubmission_onlinetext/onlinetext.html": None,
    },
    "Canvas": {
        "berganna_4711_815_counting.ipynb": "berganna_4711",
        "ohararben_LATE_4712_816_counting-1.ipynb": "ohararben_4712",
        "lastname_4713_817_my_work.zip": "lastname_4713",
    },
    "ILIAS": {
        "Exercise 2/Berg_Anna_aberg_301/counting.ipynb": "Berg_Anna_aberg_301",
        "Exercise 2/von_Stein_Ben_bstein_302/counting.ipynb": "von_Stein_Ben_bstein_302",
        "Exercise 2/Team 7/Berg_Clara_cberg_303/counting.ipynb": "Team_7",
        "Exercise 2/submissions.xlsx": None,
    },
}
TABLES = {
    "Moodle": (
        '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
        '"Last modified (submission)","Last modified (grade)","Feedback comments"\r\n'
        '"Participant 12345","Anna Berg",a@x.org,"Submitted for grading",,6.00,Yes,"Monday, 2 March, 10:00",-,\r\n'
        '"Participant 12346","Ben O\'Hara",b@x.org,"Submitted for grading",,6.00,Yes,-,-,\r\n'
        '"Participant 99","Dora, never seen",d@x.org,"No submission",,6.00,Yes,-,-,\r\n'
    ),
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,00 Counting (88),07 Other (99),Current Score\n"
        "    Points Possible,,,,,6.00,30.00,(read only)\n"
        '"Berg, Anna",12345,S1,aberg,A,,,\n"O\'Hara, Ben",12346,S2,bohara,A,,,\n"Student, Test",99,,test,A,,,\n'
    ),
    "ILIAS": (
        "update;usr_id;login;lastname;firstname;status;mark;notice;comment;plagiarism;plag_comment\n"
        "0;12345;aberg;Berg;Anna;notgraded;;;;;\n0;12346;bohara;O'Hara;Ben;notgraded;;;;;\n0;99;x;Y;Z;notgraded;;;;;\n"
    ),
}
MARK = {"Moodle": "Grade", "Canvas": "00 Counting (88)", "ILIAS": "mark"}


def packed(folder, paths):
    """Write an archive with these paths, each file holding its path."""
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for path in paths:
            archive.writestr(path, path)
    return folder / "archive.zip"


@pytest.mark.parametrize("platform", ARCHIVES)
def test_an_archive_is_sorted_by_student(platform, tmp_path):
    named = ARCHIVES[platform]
    found, done, left_out = archives.take_in(packed(tmp_path, named), NAME, tmp_path / "submitted")
    assert found == platform
    assert sorted(done) == sorted({student for student in named.values() if student})
    assert left_out == [path for path, student in named.items() if not student]
    for path, student in named.items():
        if student:
            held = {file.name: file.read_text() for file in (tmp_path / "submitted" / student / NAME).iterdir()}
            assert path in held.values() and all(name and path.endswith(name) for name in held if held[name] == path)


def test_a_file_that_cannot_be_read_is_left_out_and_the_class_is_taken_in(tmp_path):
    paths = [f"name{number}_{number}_815_counting.ipynb" for number in range(3)]
    archive = packed(tmp_path, paths)
    archive.write_bytes(archive.read_bytes().replace(paths[1].encode() * 2, paths[1].encode() + b"?" * len(paths[1])))
    _, done, left_out = archives.take_in(archive, NAME, tmp_path / "submitted")
    assert {student: len(files) for student, files in done.items()} == {"name0_0": 1, "name1_1": 0, "name2_2": 1}
    assert len(left_out) == 1 and left_out[0].startswith(f"{paths[1]}, which cannot be read: Bad CRC-32")


def test_what_is_taken_in_again_replaces_what_was_there(tmp_path):
    for name in ("counting.ipynb", "counting-1.ipynb"):
        archives.take_in(packed(tmp_path, [f"berganna_4711_815_{name}"]), NAME, tmp_path)
    assert [path.name for path in (tmp_path / "berganna_4711" / NAME).iterdir()] == ["counting-1.ipynb"]


@pytest.mark.parametrize(
    "path",
    ["../../x_1_assignsubmission_file_/../../../evil.ipynb", "/etc/a_b_c_1/evil.ipynb", "..\\a_b_c_1\\evil.ipynb"],
)
def test_no_path_in_an_archive_leads_out_of_the_folder(path, tmp_path):
    archives.take_in(packed(tmp_path, [path]), NAME, tmp_path / "a" / "submitted")
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert sorted(file.name for file in written) == ["archive.zip", "evil.ipynb"]
    assert all((tmp_path / "a" / "submitted") in file.parents for file in written if file.suffix == ".ipynb")


@pytest.mark.parametrize(
    ("content", "said"), [({"report.txt": ""}, "is not laid out as one of Moodle"), (None, "cannot")]
)
def test_another_archive_is_refused(content, said, tmp_path):
    (tmp_path / "archive.zip").write_text("no archive")
    path = packed(tmp_path, content) if content else tmp_path / "archive.zip"
    with pytest.raises(Refusal, match=said):
        archives.take_in(path, NAME, tmp_path)


RESULTS = {
    "12345": Result("Anna_12345", "00_counting", {"p1": 2, "p2": 3.5}, {"p1": 2, "p2": 4}),
    "12346": Result("Ben_12346", "00_counting", {"p1": 2, "p2": None}, {"p1": 2, "p2": 4}),
    "500": Result("Eva_500", "00_counting", {"p1": 0, "p2": 0}, {"p1": 2, "p2": 4}),
}


@pytest.mark.parametrize("platform", TABLES)
def test_a_platforms_table_comes_back_with_the_marks_and_nothing_else_changed(platform, tmp_path):
    text = TABLES[platform].lstrip("\ufeff")
    filled, said = archives.fill(text, "00_counting", RESULTS)
    delimiter = ";" if platform == "ILIAS" else ","
    before, after = (list(csv.DictReader(io.StringIO(one), delimiter=delimiter)) for one in (text, filled))
    changed = [
        (number, column, new[column])
        for number, (old, new) in enumerate(zip(before, after, strict=True))
        for column in old
        if old[column] != new[column]
    ]
    anna = 1 if platform == "Canvas" else 0
    assert sorted(changed) == sorted([(anna, MARK[platform], "5.5")] + [(anna, "update", "1")] * (platform == "ILIAS"))
    assert said == [
        "Ben_12346 is left empty: 4 points wait to be marked by hand.",
        "Eva_500 is not in the table.",
    ]


def test_other_points_than_the_assignments_are_refused():
    with pytest.raises(Refusal, match="Canvas counts 6 points and the assignment 30: set that there"):
        archives.fill(TABLES["Canvas"], "00_counting", {"12345": Result("a_12345", "00", {"p": 3}, {"p": 30})})


def test_a_column_that_is_not_clear_is_asked_for():
    text = TABLES["Moodle"].lstrip("\ufeff").replace("Grade,", "Cijfer,", 1)
    with pytest.raises(Refusal, match="Name the column of the marks with --column; the columns are: Identifier"):
        archives.fill(text, "00_counting", RESULTS)
    assert "5.5" in archives.fill(text, "00_counting", RESULTS, column="Cijfer")[0]
    with pytest.raises(Refusal, match="is of no known platform"):
        archives.fill("a,b\nx,y\n", "00_counting", RESULTS)


@pytest.mark.parametrize("platform", ["Moodle", "Canvas", "ILIAS"])
def test_marks_find_their_way_back_to_the_platform(platform, tmp_path, capsys):
    root = tmp_path / "course"
    grading.course(root)
    paths = {
        "Moodle": ["Anna Berg_12345_assignsubmission_file/counting.ipynb"],
        "Canvas": ["berganna_12345_815_counting.ipynb"],
        "ILIAS": ["Exercise/Berg_Anna_aberg_12345/counting.ipynb"],
    }
    assert archives.main([str(packed(tmp_path, paths[platform])), NAME, "--course", str(root)]) == 0
    assert f"From {platform}: 1 submissions in " in capsys.readouterr().out
    ((submission,), _) = find(root / "submitted", [NAME])
    with book.open_at(root) as gradebook:
        book.refuse(gradebook, submission)
        gradebook.find_grade("p2_weight_test", NAME, NAME, submission.student).auto_score = 2.5
        gradebook.db.commit()
    Record(root, submission).write(state="x", seconds=1, happened=[], answers={})
    before, after = (tmp_path / name for name in ("table.csv", "table-marked.csv"))
    before.write_bytes(TABLES[platform].replace("00 Counting", f"{NAME} 00").encode())
    column = ["--column", "counting 00 (88)"] if platform == "Canvas" else []
    assert archives.main(["--marks", str(tmp_path / "table.csv"), NAME, "--course", str(root), *column]) == 0
    delimiter = ";" if platform == "ILIAS" else ","
    old, new = (
        list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=delimiter))
        for path in (before, after)
    )
    (changed,) = (row for row, was in zip(new, old, strict=True) if row != was)
    assert "12345" in " ".join(changed) and "2.5" in changed
    assert after.read_bytes()[:3] == before.read_bytes()[:3]


def test_an_unknown_assignment_is_refused(tmp_path, capsys):
    assert archives.main([str(tmp_path / "a.zip"), "99_nothing", "--course", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("There is no assignment 99_nothing; there are: 01_")
