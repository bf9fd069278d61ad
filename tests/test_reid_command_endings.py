"""How a command ends: exit codes, sentences, and the moments at which Ctrl-C and SIGTERM have to wait."""

import importlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from reid.common import errors, interrupts
from reid.common.errors import InputError, note, note_names, run
from reid.common.interrupts import terminable, uninterrupted
from reid.common.result_folder import ResultFolder


def ended(main, capsys):
    """The exit code of `main` and what it left on stderr."""
    with pytest.raises(SystemExit) as end:
        run(main)
    return end.value.code, capsys.readouterr().err


def raising(error: BaseException, *notes: str):
    def main():
        for sentence in notes:
            note(error, sentence)
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "notes", "code", "told"),
    [
        (InputError("frame 3 is broken"), (), 2, "error: frame 3 is broken\n"),
        (InputError("frame 3 is broken"), ("2 frames are kept",), 2, "error: frame 3 is broken\n2 frames are kept\n"),
        (OSError(28, "No space left", "a.txt"), ("2 frames are kept",), 2, "error: a.txt: No space left\n2 frames are kept\n"),
        (KeyboardInterrupt(), (), 130, "interrupted: finished results, if any, are kept\n"),
        (KeyboardInterrupt(), ("2 frames are kept", "so is the film"), 130, "interrupted: 2 frames are kept; so is the film\n"),
        (KeyboardInterrupt("go on with --resume"), (), 130, "interrupted: go on with --resume\n"),
    ],
)
def test_an_error_is_told_with_its_notes(capsys, error, notes, code, told):
    assert ended(raising(error, *notes), capsys) == (code, told)


DEFECT = """
from reid.common.errors import note, run
def main():
    error = ZeroDivisionError("ours")
    note(error, "2 frames are kept")
    raise error
run(main)
"""


def test_a_defect_keeps_its_traceback_and_its_notes():
    done = subprocess.run([sys.executable, "-c", DEFECT], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback") and done.stderr.count("2 frames are kept") == 1


def test_python_310_whose_tracebacks_have_no_notes_gets_them_too(monkeypatch, capsys):
    monkeypatch.setattr(errors.sys, "version_info", (3, 10))
    with pytest.raises(ZeroDivisionError):
        run(raising(ZeroDivisionError("ours"), "2 frames are kept"))
    assert capsys.readouterr().err == "2 frames are kept\n"


def test_names_kept_by_several_writers_are_told_in_one_sentence():
    error = KeyboardInterrupt()
    note_names(error, "2 frames are kept below out", ["a.mp4"])
    note_names(error, "3 frames are kept below out", ["b.csv"])
    note_names(error, "2 frames are kept below out", ["c.csv", "d.txt"])
    assert error.__notes__ == ["2 frames are kept below out: a.mp4, c.csv, d.txt", "3 frames are kept below out: b.csv"]


@pytest.mark.parametrize(("package", "words"), [("mtmc", ["track", "calibrate"]), ("reid", ["train", "datasets"])])
def test_without_a_command_the_help_lists_them(package, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["x"])
    code, told = ended(importlib.import_module(f"{package}.__main__").main, capsys)
    assert code == 2 and "usage:" in told and all(word in told for word in words)
    monkeypatch.setattr(sys, "argv", ["x", "--nonsense"])
    code, told = ended(importlib.import_module(f"{package}.__main__").main, capsys)
    assert code == 2 and "unrecognized arguments: --nonsense" in told


def test_sigterm_ends_as_ctrl_c_does_with_a_code_of_its_own(capsys):
    cleaned = []

    def main():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as interrupt:
            cleaned.append("file")
            note(interrupt, "2 frames are kept")
            raise

    before = signal.getsignal(signal.SIGTERM)
    assert ended(main, capsys) == (143, "terminated: 2 frames are kept\n")
    assert cleaned == ["file"] and signal.getsignal(signal.SIGTERM) is before


def test_a_second_ctrl_c_changes_nothing_at_first_and_later_ends_what_takes_long(capsys, monkeypatch):
    done = []

    def main():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as interrupt:
            note(interrupt, "2 frames are kept")
            try:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGTERM)
                done.append("quick")
                monkeypatch.setattr(interrupts, "AGAIN", 0.0)
                signal.raise_signal(signal.SIGINT)
                done.append("slow")
            except KeyboardInterrupt as again:
                note(again, "people are not linked")
                raise

    assert ended(main, capsys) == (143, "terminated: 2 frames are kept; people are not linked\n")
    assert done == ["quick"]


def test_an_interrupt_of_which_a_library_makes_something_else_is_still_one(capsys):
    def main():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("partially initialised") from None

    assert ended(main, capsys)[0] == 130


@pytest.mark.parametrize(
    ("result", "told"), [(None, "nothing was written; earlier results are unchanged"), ("a.txt", "finished results are kept")]
)
def test_an_interrupt_outside_of_any_writer_tells_whether_there_are_results(tmp_path, capsys, result, told):
    def main():
        results = ResultFolder(tmp_path)
        if result:
            results.add(result)
        raise KeyboardInterrupt  # as while a network opens

    assert ended(main, capsys) == (130, f"interrupted: {told}\n")


SLOW_END = """
import atexit, time
from reid.common.errors import run_program
atexit.register(time.sleep, 1)
run_program(lambda: print("ready"))
"""


def test_ctrl_c_while_a_process_shuts_down_changes_nothing():
    process = subprocess.Popen([sys.executable, "-c", SLOW_END], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[1] == "" and process.returncode == 0


def test_an_interrupt_of_a_module_that_is_imported_has_its_exit_code(tmp_path):
    lines = "from reid.common.errors import run_program", "run_program(lambda: exec('raise KeyboardInterrupt'))"
    (tmp_path / "own.py").write_text("\n".join(lines))
    folders = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run([sys.executable, "-m", "own"], capture_output=True, env=os.environ | {"PYTHONPATH": folders})
    assert done.returncode == 130


def test_sigterm_ends_also_a_job_for_which_ctrl_c_is_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), terminable() as came:
            os.kill(os.getpid(), signal.SIGTERM)
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_until_a_block_is_done(number):
    done = []
    with pytest.raises(KeyboardInterrupt), terminable():
        with uninterrupted():
            with uninterrupted():
                signal.raise_signal(number)
                done.append("inner")
            done.append("outer")
        done.append("behind")
    assert done == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_a_block_raises_goes_before_an_interrupt_that_waits():
    with pytest.raises(ZeroDivisionError), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        raise ZeroDivisionError


def test_other_threads_which_get_no_signals_are_left_alone():
    done = []

    def work():
        with terminable() as came, uninterrupted():
            done.append(came)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [[]]
