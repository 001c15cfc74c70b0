"""Money: what was charged, money in and out, statements, corrections, bonuses and estimates."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import AmountField
from annotator.api.common.filters import ProjectFilter
from annotator.api.common.scoped import ProjectView
from annotator.models import Question
from annotator.people import permissions
from workers.budget import charges, corrections, estimates, fees, funding, ledger, statements
from workers.budget.amounts import BadAmount, same_currency
from workers.budget.models import Entry
from workers.budget.phase import current_phase


class EntrySerializer(serializers.ModelSerializer):
    """One movement of money."""

    source = serializers.CharField(source="source.name")
    target = serializers.CharField(source="target.name")

    class Meta:
        model = Entry
        fields = [
            "id",
            "kind",
            "amount",
            "currency",
            "source",
            "target",
            "idempotency_key",
            "memo",
            "question",
            "worker",
            "run",
            "batch",
            "phase",
            "corrects",
            "platform",
            "reference",
            "created_at",
        ]


class EntryWithoutPeopleSerializer(EntrySerializer):
    """One movement of money, for those who are not told what one person earned."""

    class Meta(EntrySerializer.Meta):
        fields = [name for name in EntrySerializer.Meta.fields if name not in ("worker", "idempotency_key", "memo")]


class FundSerializer(serializers.Serializer):
    """Money for the budget, or back from it. `id` is made by the client: sent twice, it moves once.

    `currency` and `phase` are checked where they are named: money is in the project's currency, and for the phase it is in.
    """

    id = serializers.UUIDField(default=uuid.uuid4)
    amount = serializers.DecimalField(max_digits=16, decimal_places=6)
    currency = serializers.CharField(max_length=3, default="", allow_blank=True)
    phase = serializers.IntegerField(required=False, min_value=1, max_value=6)
    back = serializers.BooleanField(default=False, help_text="Take the money out of the budget.")
    memo = serializers.CharField(max_length=200, default="", allow_blank=True)


class BudgetSerializer(serializers.Serializer):
    """Where the money is, in the project's currency: put in, spent in all and on what, held for open work, free, owed."""

    currency = serializers.CharField()
    funded = serializers.DecimalField(max_digits=20, decimal_places=6)
    spent = serializers.DecimalField(max_digits=20, decimal_places=6)
    answers = serializers.DecimalField(max_digits=20, decimal_places=6)
    bonuses = serializers.DecimalField(max_digits=20, decimal_places=6)
    fees = serializers.DecimalField(max_digits=20, decimal_places=6)
    compute = serializers.DecimalField(max_digits=20, decimal_places=6)
    held = serializers.DecimalField(max_digits=20, decimal_places=6)
    free = serializers.DecimalField(max_digits=20, decimal_places=6)
    owed = serializers.DecimalField(max_digits=20, decimal_places=6)


class EntryFilter(ProjectFilter):
    """Which entries are wanted. An id of another project is as unknown as one that exists nowhere."""

    question = ProjectFilter.of(Question, "project")
    run = ProjectFilter.of("workers.TrainingRun", "version__project")
    worker = ProjectFilter.people()

    class Meta:
        model = Entry
        fields = ["kind", "question", "worker", "run"]


class ChargeList(ProjectView, generics.ListAPIView):
    """Every movement of a project's money, newest first."""

    serializer_class = EntrySerializer
    permissions = {"GET": "view_budget"}
    filterset_class = EntryFilter
    queryset = Entry.objects.none()

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return the fields that the person may see: who earned what is between them and the manager."""
        may = hasattr(self, "member") and "manage_budget" in permissions.allowed(self.member)
        return EntrySerializer if may else EntryWithoutPeopleSerializer

    def filter_queryset(self, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        """Filter; by person only for those who may see what one person earned."""
        if "worker" in self.request.query_params and "manage_budget" not in permissions.allowed(self.member):
            raise PermissionDenied("What one person earned is between them and the manager.")
        return super().filter_queryset(queryset)

    def get_queryset(self) -> QuerySet[Entry]:
        """Return the project's entries."""
        return Entry.objects.filter(project=self.project).select_related("source", "target").order_by("-pk")


class Budget(ProjectView):
    """The balances of a project; put money in, or take it back."""

    permissions = {"GET": "view_budget", "POST": "manage_budget"}

    @extend_schema(responses=BudgetSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the balances."""
        return Response(BudgetSerializer({"currency": self.project.currency, **ledger.totals(self.project)}).data)

    @extend_schema(request=FundSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Add fundsto the budget, or take it back."""
        sent = FundSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said, by = sent.validated_data, self.user
        move, word = (funding.cut, "withdrawal") if said["back"] else (funding.fund, "funding")
        try:
            same_currency(said["currency"], self.project.currency)
            self._check_phase(said.get("phase"))
            entry = move(self.project, said["amount"], by, f"{word}:{self.project.pk}:{said['id']}", said["memo"])
        except BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        return Response(EntrySerializer(entry).data, status=status.HTTP_201_CREATED)

    def _check_phase(self, stage: int | None) -> None:
        now = current_phase(self.project)
        if stage is not None and stage != now.stage and now.active:  # after a stop no gate releases money
            raise BadAmount(f"The project is in “{now}”; another phase gets its money at a gate.")


class LineSerializer(serializers.Serializer):
    """One line of a statement."""

    name = serializers.CharField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=6)
    count = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class StatementQuery(serializers.Serializer):
    """What is asked of a statement."""

    by = serializers.ChoiceField(choices=[(key, name) for key, (name, *_) in statements.BY.items()], default="phase")
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class Statement(ProjectView):
    """What was spent, by phase or whatever is asked; corrections and refunds taken off."""

    permissions = {"GET": "view_budget"}

    @extend_schema(parameters=[StatementQuery], responses=LineSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the lines."""
        asked = StatementQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        by, since, until = (asked.validated_data.get(name) for name in ("by", "since", "until"))
        if by == "worker" and "manage_budget" not in permissions.allowed(self.member):
            raise PermissionDenied("What one person earned is between them and the manager.")
        return Response(LineSerializer(statements.lines(self.project, by, since, until), many=True).data)


class CorrectionSerializer(serializers.Serializer):
    """A correction: why, and how much of the entry (all that stands of it where no amount is named)."""

    reason = serializers.CharField(max_length=200)
    amount = AmountField(max_digits=16, decimal_places=6, required=False)
    refund = serializers.BooleanField(default=False)


class Correction(ProjectView):
    """Take an entry back, in whole or in part, by a new one that names it."""

    permissions = {"POST": "manage_budget"}

    @extend_schema(request=CorrectionSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Write the correction."""
        entry = Entry.objects.filter(project=self.project, pk=self.kwargs["entry_id"]).first()
        if entry is None:
            raise Http404("There is no such entry in this project.")
        sent = CorrectionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        try:
            found = corrections.correct(entry, self.user, said["reason"], said.get("amount"), said["refund"])
        except BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        return Response(EntrySerializer(found).data, status=status.HTTP_201_CREATED)


class BonusSerializer(serializers.Serializer):
    """A bonus for one person. `id` is made by the client: sent twice, it is paid once."""

    id = serializers.UUIDField(default=uuid.uuid4)
    username = serializers.CharField(max_length=150)
    amount = AmountField(max_digits=16, decimal_places=6)
    currency = serializers.CharField(max_length=3, default="", allow_blank=True)
    reason = serializers.CharField(max_length=200)


class Bonus(ProjectView):
    """Pay a person something beside their answers."""

    permissions = {"POST": "manage_budget"}

    @extend_schema(request=BonusSerializer, responses={201: None})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Pay the bonus."""
        sent = BonusSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        member = self.project.members.filter(user__username=said["username"]).select_related("user").first()
        if member is None:
            raise serializers.ValidationError({"username": ["Nobody of this name is in this project."]})
        try:
            same_currency(said["currency"], self.project.currency)
            charges.bonus(self.project, member.user, said["amount"], said["reason"], self.user, said["id"])
        except BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        return Response(status=status.HTTP_201_CREATED)


class RangeSerializer(serializers.Serializer):
    """A figure with its 80% interval, and what it rests on."""

    low = serializers.FloatField()
    middle = serializers.FloatField()
    high = serializers.FloatField()
    rests_on = serializers.CharField()


class FairnessSerializer(serializers.Serializer):
    """How many people earn the floor at the price: as a share of those who answer or may begin."""

    floor = serializers.CharField()
    people = serializers.IntegerField(help_text="How many people are spoken of; 0: people in general.")
    earn = RangeSerializer()
    prices = serializers.DictField(
        child=serializers.CharField(), help_text="By share (0.5, 0.9): the price at which that share earns the floor."
    )


class EstimateSerializer(serializers.Serializer):
    """What a batch is expected to take. Money in the project's currency."""

    items = serializers.IntegerField()
    price = serializers.CharField()
    answers = RangeSerializer()
    money = RangeSerializer()
    hours = RangeSerializer()
    days = RangeSerializer()
    compute = RangeSerializer()
    wage = RangeSerializer()
    fair = FairnessSerializer(allow_null=True, help_text="Null where no floor is set.")


class EstimateQuery(serializers.Serializer):
    """How many items of each side, and where: with our own people, or on a platform with its fees."""

    train = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    test = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    platform = serializers.ChoiceField(choices=[(key, name) for key, (name, _) in fees.SCHEDULES.items()], default="")
    assignments = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    masters = serializers.BooleanField(default=False)


class EstimateDetail(ProjectView):
    """What asking about so many more items would take, before anything is spent."""

    permissions = {"GET": "view_live"}

    @extend_schema(parameters=[EstimateQuery], responses=EstimateSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the estimate."""
        question = self.question()
        asked = EstimateQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        terms = fees.Terms(said["assignments"], said["masters"])
        return Response(estimates.estimate(question, said["train"], said["test"], terms, said["platform"]).told())
