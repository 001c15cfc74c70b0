"""The story of the sample: two pilots, a gate that sends the project back, and five versions; each step is done once."""

from decimal import Decimal

from annotator import storage
from annotator.models import Batch, BatchState, Question, Split, User
from annotator.questions import drafts
from annotator.queue import batches
from datasets.labels import computation
from workers.budget.phase import Decision, current_phase
from workers.phases import briefs, gates, phases
from workers.phases.models import Feedback
from workers.sample import digits

BRIEF = {
    "business_problem": "Forms come in on paper. Two people type the digits off all day; one form in fifty is typed wrong.",
    "question": "Which digit is this?",
    "data": "1,797 scanned digits of 43 writers. Those that come later are of other writers and the same scanner.",
    "people": "Anyone who reads digits; two or three seconds each.",
    "precision": 0.98,
    "recall": 0.98,
    "costlier": "equal",
    "success": "At most 1.5% of the digits in the test set are read wrong.",
    "give_up": "At $150, or when two doublings of the labels no longer halve the error.",
    "harm": "Whoever's form is read wrong. Digits the model is unsure of go to a person.",
}
PILOT = 20
BEGIN, FIND, AGAIN, MORE, TRAIN = (Decimal(sum) for sum in ("3.00", "44.00", "2.00", "12.00", "84.00"))
BACK = (
    "Twenty labels are too few to say what the model can do. But the answers to the test set differ on barred sevens: the "
    "wording is to blame, not the people. It gets worked examples and another pilot before more is paid for."
)


def prepare(question: Question, by: User) -> None:
    """Write the brief, and plan what each phase may cost."""
    briefs.write(question.project, by, **BRIEF)
    for stage, budget in enumerate((BEGIN, FIND, TRAIN, Decimal(60), Decimal(120), Decimal(90)), start=1):
        phase = question.project.phases.get(stage=stage, attempt=1)
        phases.plan(phase, by, goal=phase.goal, budget=budget, days=phase.days)


def batch(question: Question, by: User, name: str, split: str, count: int | None) -> Batch:
    """Plan and open a batch of items of one split, once."""
    known = question.batches.filter(name=name).first()
    if known is None:
        items = batches.plannable(question).filter(split=split).values_list("pk", flat=True)
        known = batches.plan(question, by, name, items=list(items[:count]))
    return batches.change(known, BatchState.OPEN, by) if known.state == BatchState.PLANNED else known


def gate(question: Question, by: User, number: int) -> None:
    """Decide at the story's gates, one after the other, each once."""
    project = question.project
    if project.phases.filter(gate__isnull=False).count() >= number:
        return
    computation.compute(question)  # so that the evidence contains how far people agree
    phase = current_phase(project)
    if number == 1:
        reason = "People agree on the first 20 pictures, and the brief is complete. We can look for a model."
        gates.decide(phase, by, Decision.GO_ON, reason, money=FIND)
    elif number == 2:
        gates.decide(phase, by, Decision.GO_BACK, BACK, to_stage=1, money=AGAIN, days=3)
        drafts.reword(question, by, examples=examples())
    elif number == 3:
        reason = "The second pilot reads barred sevens alike."
        gates.decide(phase, by, Decision.GO_ON, reason, money=MORE, days=7)
    else:
        stella = project.members.get(role="stakeholder").user
        text = "It reads most of them. Eights and ones are still mixed up too often to rely on."
        Feedback.objects.get_or_create(phase=phase, user=stella, defaults={"verdict": "not_yet", "text": text})
        reason = "The error falls as a power of the labels, and the floor is not in sight. Worth more labels."
        gates.decide(phase, by, Decision.GO_ON, reason, money=TRAIN, days=30)


def examples() -> list[dict[str, object]]:
    """Return the worked examples of the second wording."""
    drawn = [
        ("7", True, "7", "A bar makes no difference."),
        ("1", False, "1", "A short head is no bar: not a 7."),
        ("9", False, "9", "Closed at the top, the stem straight or bent."),
    ]
    return [
        {"picture": storage.put_content(digits.drawing(digit, barred)), "answer": answer, "note": note}
        for digit, barred, answer, note in drawn
    ]


STEPS: list[tuple[str, str, int | None, int | None, int | None]] = [
    # name of the batch, split, how many (None for all that are left), version frozen after it, gate decided after that
    ("Pilot", Split.TRAIN, PILOT, None, 1),
    ("Test set", Split.TEST, None, 1, 2),
    ("Second pilot", Split.TRAIN, PILOT, None, 3),
    ("Up to 50 labels", Split.TRAIN, 10, 2, None),
    ("Up to 130 labels", Split.TRAIN, 80, 3, 4),
    ("Up to 400 labels", Split.TRAIN, 270, 4, None),
    ("Up to 1,200 labels", Split.TRAIN, 800, 5, None),
]
LAST = "What is left"
