"""``python -m bench [NAME …]``: all of it, or the named parts. Exits with 1 when a target is missed."""

import sys
from collections.abc import Callable
from pathlib import Path

from bench import api_requests, beside, charts, confirm, one_answer, relying, session, sign_in, starting, steps, storm
from bench.figures import Figure, Section, show, write
from bench.machine import described

PARTS: dict[str, tuple[str, Callable[[], list[Figure]]]] = {
    "sign_in": ("A whole sign-in: passphrase, known device, Argon2id t=2 m=19 MiB p=1", sign_in.measure),
    "session": ("GET /api/v1/session", session.measure),
    "api_requests": ("POST /api/v1/api-requests/verify", api_requests.measure),
    "storm": ("Session checks in a storm of sign-ins", storm.measure),
    "peers": ("Session checks beside others, by processor time", beside.measure),
    "relying": ("A session checked in a platform's own process", relying.measure),
    "confirm": ("Confirmations, beside their hashes", confirm.measure),
    "starting": ("At rest", starting.measure),
    "one_answer": ("One answer: does time tell an unknown account from an ordinary one?", one_answer.measure),
    "steps": ("Work of each step", steps.measure),
}
WRITTEN = Path("var/bench.json")


def main(names: list[str]) -> int:
    machine = described()
    print(machine)
    print("Limits on passages from one network are raised for the load; nothing else differs from what is served.")
    sections: list[Section] = []
    for name in names or PARTS:
        title, measure = PARTS[name]
        figures = measure()
        show(title, figures)
        sections.append((title, figures))
    write(WRITTEN, machine, sections)
    if not names:
        charts.main()
    missed = [figure.name for _, figures in sections for figure in figures if figure.missed]
    print(f"\n{WRITTEN} has it all." + (f" Missed: {', '.join(missed)}." if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
