"""A question: what is asked, what it pays, how far it is; and adding one."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from annotator import projects, queue
from annotator.access import project_page
from annotator.models import Answer, Project, Question


class QuestionForm(forms.ModelForm):
    """What is asked of a new choice question."""

    choices = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}), help_text="One a line, in the order people see them."
    )

    class Meta:
        model = Question
        fields = ["text", "choices", "instructions", "price", "overlap", "test_overlap", "plan"]
        labels = {
            "text": "The question",
            "price": "Price of one answer",
            "overlap": "Answers for a training item",
            "test_overlap": "Answers for a test item",
            "plan": "Which items are asked about",
        }
        widgets = {"text": forms.TextInput(), "instructions": forms.Textarea(attrs={"rows": 5})}


@project_page("view_question")
def question(request: HttpRequest, project: Project, question_id: int) -> HttpResponse:
    """Show a question."""
    found = get_object_or_404(project.questions, pk=question_id)
    progress = queue.progress(found)
    return render(
        request,
        "annotator/question.html",
        {
            "question": found,
            "progress": progress,
            "simulated": Answer.objects.filter(task__question=found, simulated=True).count(),
            "label_price": found.price * found.overlap,
            "left": (progress.answers_wanted - progress.answers) * found.price,
        },
    )


@project_page("manage_questions")
def new(request: HttpRequest, project: Project) -> HttpResponse:
    """Add a question; every item becomes a task of it."""
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        lines = [line.strip() for line in fields.pop("choices").splitlines() if line.strip()]
        try:
            added = projects.add_question(project, request.user, kind="choice", config={"choices": lines}, **fields)  # type: ignore[arg-type]
            return redirect("question", project.pk, added.pk)
        except ValidationError as problem:
            messages = problem.message_dict if hasattr(problem, "error_dict") else {"text": problem.messages}
            for field, reasons in messages.items():
                form.add_error({"config": "choices"}.get(field, field if field in form.fields else None), reasons)
    return render(
        request,
        "annotator/form.html",
        {
            "form": form,
            "title": "A new question",
            "action": "Ask it",
            "lead": "People see the question, the item and the choices, and answer with one key.",
        },
    )
