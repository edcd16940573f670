"""Mutation testing: makes one small mistake after the other in each module that refuses; a test has to fail each time.

`make mutate [MODULE=permissions] [SEED=7] [SAMPLE=100]`. `mutation.toml` names the modules, the tests of each, and the
mutants that may survive, with the reason. The exit code is 1 if tests find less than 95 % of the mutants of a module.

For each module one pytest process collects its tests once and records which test runs which lines. It then forks for
each mutant, replaces the code of the functions that are already imported, and runs only the tests that run the mutant.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.campaigns.mutants import Mutant, mutants

TABLE = Path(__file__).with_name("mutation.toml")
WANTED = 95
"""Percentage of the mutants of a module that tests have to find."""
SAMPLE = 200
"""Mutants of a module that one run tries: all modules then take about half an hour on two idle cores."""
PATIENCE, AT_LEAST = 10, 15.0
"""Time limit of a mutant: a multiple of the time that its tests take, and a minimum in seconds."""
SURVIVED, NO_TESTS = 0, 5


# --- Results ----------------------------------------------------------
@dataclass(slots=True)
class Outcome:
    """Result of one module: how many mutants were found, and which survived."""

    module: str
    found: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    excused: int = 0
    by_time: int = 0
    """Mutants found by the time limit, as an endless loop is; if there are many, the machine is busy."""

    @property
    def percent(self) -> float:
        """Percentage of the mutants tried that were found."""
        counted = self.found + len(self.survivors)
        return 100 * self.found / counted if counted else 100.0

    def description(self) -> str:
        """Return the score in one line, followed by a line for each survivor."""
        counted = self.found + len(self.survivors)
        found = f"{self.found} of {counted} found ({self.by_time} by time), {self.excused} excused"
        lines = [f"{self.percent:5.1f} %  {self.module}: {found}"]
        lines += [f"         {self.module}:{one.line} {one.function or '-'}: {one.change}" for one in self.survivors]
        return "\n".join(lines)


def excuses(module: dict[str, Any], tried: Sequence[Mutant]) -> set[Mutant]:
    """Return the mutants that may survive. Raises SystemExit if an entry of the table matches no mutant."""
    found: set[Mutant] = set()
    for excuse in module.get("survivors", []):
        pattern = f"{excuse['function']}: {excuse['change']}"
        matching = {one for one in tried if fnmatch.fnmatchcase(f"{one.function}: {one.change}", _literal(pattern))}
        if not matching:
            raise SystemExit(f"{module['path']}: {TABLE.name} excuses a mutant that is not made any more: {pattern}")
        found |= matching
    return found


def _literal(pattern: str) -> str:
    """Return an fnmatch pattern in which only `*` is a wildcard."""
    return re.sub(r"[\[\]?]", lambda sign: f"[{sign[0]}]", pattern)


# --- Replacing imported code -----------------------------------------------------------
def put_in(code: types.CodeType, module: types.ModuleType, unharmed: dict[str, Any]) -> bool:
    """Change the imported `module` to its mutated `code`; return whether more than bodies of functions changed.

    Functions remain the same objects with other code, since other modules have imported them; other values are
    replaced in every module that imported them by name. `unharmed` is the namespace of the source without the mistake.
    """
    mutated = run_again(code, module)
    changed = False
    for name, new in mutated.items():
        old = module.__dict__.get(name)
        if _is_own(old, module) and isinstance(old, type) and isinstance(new, type):
            changed |= _put_in_class(old, new)
        elif (function := _function(old)) is not None and _is_own(function, module):
            changed |= _exchange(function, _function(new))
        elif name in unharmed and not name.startswith("__") and _comparable(unharmed[name]) != _comparable(new):
            changed = True
            for other in list(sys.modules.values()):
                if getattr(other, "__dict__", {}).get(name) is old:
                    setattr(other, name, new)
    return changed


def run_again(code: types.CodeType, module: types.ModuleType) -> dict[str, Any]:
    """Execute `code` as if it were imported as `module`; return its namespace."""
    space: dict[str, Any] = {
        "__name__": module.__name__,
        "__file__": module.__file__,
        "__package__": module.__package__,
    }
    exec(code, space)
    return space


def _put_in_class(old: type, new: type) -> bool:
    changed = False
    for name, value in list(vars(old).items()):
        if name not in vars(new):
            delattr(old, name)
            changed = True
        elif (function := _function(value)) is not None:
            changed |= _exchange(function, _function(vars(new)[name]))
        elif isinstance(value, (int, str, tuple, frozenset)) and value != vars(new)[name] and name[:2] != "__":
            setattr(old, name, vars(new)[name])
            changed = True
    return changed


def _exchange(old: types.FunctionType, new: types.FunctionType | None) -> bool:
    """Replace the code and the defaults of a function by those of another; return whether the defaults changed."""
    if new is None or len(old.__code__.co_freevars) != len(new.__code__.co_freevars):
        return False
    changed = _comparable((old.__defaults__, old.__kwdefaults__)) != _comparable((new.__defaults__, new.__kwdefaults__))
    old.__code__ = new.__code__
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
    return changed


def _function(value: Any) -> types.FunctionType | None:
    """Return the function in a property, class method or wrapper; None for other values."""
    for name in ("fget", "func", "__func__"):
        value = getattr(value, name, None) or value if not isinstance(value, types.FunctionType) else value
    value = getattr(value, "__wrapped__", value)
    return value if isinstance(value, types.FunctionType) else None


def _is_own(value: Any, module: types.ModuleType) -> bool:
    return getattr(value, "__module__", "") == module.__name__


def _comparable(value: Any) -> str:
    """Return the `repr` of a value without memory addresses."""
    return re.sub(r"0x[0-9a-f]+", "", repr(value))


# --- One pytest process for a module ----------------------------------------------------------------------
class Watch:
    """pytest plugin that records which test runs which lines of a file, and how long each test takes."""

    def __init__(self, path: Path, file: Path) -> None:
        self.path, self.file = str(path), file
        self.lines: dict[str, set[int]] = {}
        self.seconds: dict[str, float] = {}
        self._now: set[int] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Run one test and record its lines and its time."""
        self._now = self.lines[item.nodeid] = set()
        begun = time.monotonic()
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.seconds[item.nodeid] = time.monotonic() - begun

    def pytest_sessionfinish(self) -> None:
        """Write the records to a file for the parent process."""
        self.file.write_text(json.dumps([{key: sorted(lines) for key, lines in self.lines.items()}, self.seconds]))

    def _trace(self, frame: types.FrameType, event: str, argument: object) -> Any:
        return self._line if frame.f_code.co_filename == self.path else None

    def _line(self, frame: types.FrameType, event: str, argument: object) -> Any:
        self._now.add(frame.f_lineno)
        return self._line


class Loop:
    """pytest plugin that replaces the test loop by one that forks for each mutant."""

    def __init__(self, path: Path, tried: Sequence[Mutant], jobs: int) -> None:
        self.path, self.tried, self.jobs = path, tried, jobs
        self.codes: dict[int, int] = {}
        self.is_child = False
        self._running: dict[int, tuple[int, float, Path]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Record which tests run which lines, then try each mutant; a child continues with pytest's own loop."""
        name = ".".join(self.path.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name)
        watch = self._learn(session)
        if watch is None:
            return None
        try:
            for number, mutant in enumerate(self.tried):
                items = self._meeting(mutant, session, watch)
                self._wait(self.jobs - 1)
                seconds = max(PATIENCE * sum(watch.seconds[item.nodeid] for item in items), AT_LEAST)
                if self._fork(number, seconds):
                    self._become(mutant, module, session, items)
                    return None
            self._wait(0)
        finally:  # also after an interruption
            for pid in [] if self.is_child else self._running:
                os.killpg(pid, signal.SIGKILL)
        return True

    def _learn(self, session: pytest.Session) -> Watch | None:
        """Run all tests in a child process and return its records; return None in the child."""
        folder = Path(tempfile.mkdtemp(prefix="mutation-"))
        watch = Watch(self.path, folder / "seen.json")
        if self._fork(-1, 1800):
            session.config.pluginmanager.register(watch)
            return None
        self._wait(0)
        if self.codes.pop(-1) != 0:
            pytest.exit(f"The tests of {self.path} fail without any mistake put in.", returncode=1)
        lines, watch.seconds = json.loads(watch.file.read_text())
        watch.lines = {key: set(some) for key, some in lines.items()}
        shutil.rmtree(folder)
        return watch

    def _meeting(self, mutant: Mutant, session: pytest.Session, watch: Watch) -> list[pytest.Item]:
        """Return the tests that run lines of a mutant, shortest first; all if none does or the import is enough."""
        met = [item for item in session.items if watch.lines[item.nodeid] & mutant.lines]
        return sorted(met or session.items, key=lambda item: watch.seconds[item.nodeid])

    def _become(
        self, mutant: Mutant, module: types.ModuleType, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Apply the mutant in a child and select its tests; one that cannot be imported counts as found."""
        session.config.pluginmanager.unregister(name="terminalreporter")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        unharmed = run_again(compile(self.path.read_text("utf-8"), str(self.path), "exec"), module)
        try:
            changed = put_in(mutant.code, module, unharmed)
        except Exception:
            os._exit(1)
        session.items[:] = items + [one for one in session.items if changed and one not in items]

    def _fork(self, number: int, seconds: float) -> bool:
        """Fork; return whether this is the child, which has its own process group and data folder."""
        folder = Path(tempfile.mkdtemp(prefix="mutant-"))
        pid = os.fork()
        if pid:
            self._running[pid] = (number, time.monotonic() + seconds, folder)
            return False
        os.setsid()
        from django.conf import settings

        self.is_child, settings.DATA = True, folder
        return True

    def _wait(self, most: int) -> None:
        """Wait until at most `most` children run; kill one beyond its time limit: its mutant counts as found."""
        while len(self._running) > most:
            for pid, (number, deadline, folder) in list(self._running.items()):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if not ended and time.monotonic() < deadline:
                    continue
                if not ended:
                    os.killpg(pid, signal.SIGKILL)
                    _, status = os.waitpid(pid, 0)
                del self._running[pid]
                self.codes[number] = os.waitstatus_to_exitcode(status)
                shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.01)


def try_module(module: dict[str, Any], sample: int, seed: int, jobs: int) -> Outcome:
    """Try the mutants of one module in child processes; return the result."""
    path = ROOT / module["path"]
    everything = mutants(path, str(path))
    excused = excuses(module, everything)
    tried = [one for one in everything if one not in excused]
    if len(tried) > sample:
        tried = sorted(random.Random(seed).sample(tried, sample), key=lambda one: one.line)
    loop = Loop(path, tried, jobs)
    arguments = ["-q", "-x", "-s", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore"]
    code = pytest.main([*arguments, *module["tests"]], plugins=[loop])
    if loop.is_child:
        sys.stdout.flush()
        os._exit(int(code))
    if code:
        raise SystemExit(int(code))
    survivors = [one for number, one in enumerate(tried) if loop.codes.get(number) in (SURVIVED, NO_TESTS)]
    by_time = sum(code == -signal.SIGKILL for code in loop.codes.values())
    return Outcome(module["path"], len(tried) - len(survivors), survivors, len(excused), by_time)


def main(arguments: Sequence[str]) -> int:
    """Try the selected modules, each in its own process; return 1 if the score of one is too low."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="?", default="", help="a part of its path; all unless said")
    parser.add_argument("--seed", type=int, help="of the sample; a random one unless said")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"mutants of a module at most (default: {SAMPLE})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at the same time")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    modules = [one for one in tomllib.loads(TABLE.read_text("utf-8"))["module"] if options.module in one["path"]]
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    if options.alone:
        outcome = try_module(modules[0], options.sample, seed, options.jobs)
        print(outcome.description(), flush=True)
        return int(outcome.percent < WANTED)
    print(f"--- seed {seed}", flush=True)
    failed = 0
    for module in modules:
        more = [f"--seed={seed}", f"--sample={options.sample}", f"--jobs={options.jobs}", "--alone"]
        command = [sys.executable, "-W", "ignore", __file__, module["path"], *more]
        failed |= subprocess.run(command, cwd=ROOT, check=False).returncode
    return int(bool(failed or not modules))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
