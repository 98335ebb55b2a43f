"""The parts of the drill: a new one is a row here.

Together they may take `MOST` minutes, each at most its own; one that takes longer is ended and has
failed. A part is a module that ends with 0 when all was well, and leaves nothing behind when it is
told to end. Its last line is what the summary says of it.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST = 56.0
"""Minutes of the whole drill."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the longer runs.

    words: what Python runs; short: the same in its shortest form, which only shows that it works
    minutes: after which it is ended; `{seed}` and `{folder}` are the drill's
    """

    name: str
    proves: str
    words: tuple[str, ...]
    short: tuple[str, ...]
    minutes: float


CRASH = ("-m", "tests.crash.long", "--seed", "{seed}", "--reports", "{folder}/crash")
PARTS = (
    Part(
        "crash",
        "nothing is lost, doubled or out of order whatever dies",
        (*CRASH, "--minutes", "10"),
        (*CRASH, "--minutes", "0.5", "--dossiers", "300"),
        14,
    ),
    Part(
        "teeth",
        "the crash run's audit finds every bug that is planted",
        ("-m", "tests.crash.teeth"),
        ("-m", "tests.crash.teeth"),
        6,
    ),
    Part(
        "year",
        "two exports of one year's dossiers: no wrong join, hardly a conflict for nothing",
        ("-m", "tests.admission.year", "--dossiers", "10000", "--seed", "{seed}"),
        ("-m", "tests.admission.year", "--dossiers", "1500", "--seed", "1"),
        2,
    ),
    Part(
        "histories",
        "events in any order of arrival add up to what the model says, leaf by leaf",
        ("-m", "tests.rules.long", "--examples", "400", "--seed", "{seed}"),
        ("-m", "tests.rules.long", "--examples", "20", "--seed", "1"),
        2,
    ),
    Part(
        "rows",
        "whatever a month of rows says, every leaf is held, is evidence, or is named",
        ("-m", "tests.admission.rows", "--months", "1500", "--seed", "{seed}"),
        ("-m", "tests.admission.rows", "--months", "50", "--seed", "1"),
        3,
    ),
    Part(
        "waits",
        "tens of thousands of waits at once all end, and what they take is measured",
        ("-m", "tests.retries.many"),
        ("-m", "tests.retries.many", "--waits", "2000"),
        6,
    ),
    Part(
        "watch",
        "whatever breaks is seen, and put right with the runbook alone",
        ("-m", "tests.watch.trial"),
        ("-m", "tests.watch.trial", "system away"),
        15,
    ),
    Part(
        "bench",
        "the bench still measures; its figures are for whoever asks for them",
        ("-m", "tests.bench", "--quick"),
        ("-m", "tests.bench", "--quick", "--only", "intake"),
        8,
    ),
)
