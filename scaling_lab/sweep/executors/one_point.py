"""One point in this process, for a launcher of Hydra's that has a process of its own."""

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.store.results import Store, WriteError
from scaling_lab.sweep.executors.processes import Failure
from scaling_lab.sweep.plan import QuestionSpec, plan_study, question_label
from scaling_lab.sweep.run import no_audit
from scaling_lab.training import interrupts


def train_one(wanted: SweepOptions, ask: QuestionSpec) -> None:
    """Trains the point that answers one question in this process, for a launcher that has a process of its own."""
    from scaling_lab.sweep.executors.worker import Elsewhere, train

    no_audit(wanted)
    if wanted.do != "run":
        raise UserError(f"do={wanted.do} goes with the sweeper `plan`; Hydra's own has a process for each question")
    planned = plan_study(wanted.name, (), [ask], wanted.above_native)
    store = Store(wanted.results / wanted.name)
    store.open_for_writing()
    for key, point in planned.points.items():
        try:
            with interrupts.handle_stop_signals():
                outcome = train(
                    wanted.slots()[0], point, ask.pictures, store.folder, wanted.running, store.failure_count(key)
                )
        except interrupts.StopRequested:
            raise KeyboardInterrupt from None
        if isinstance(outcome, WriteError):
            raise outcome
        if isinstance(outcome, Failure):
            print(f"{question_label(ask.question)}: FAILED {outcome.reason}", flush=True)
        if isinstance(outcome, Elsewhere):
            print(f"{question_label(ask.question)}: another process trains it", flush=True)
