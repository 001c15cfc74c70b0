"""The API URLs of this app."""

from django.urls import path

from workers.budget import api as budget
from workers.phases import api as phases
from workers.training.api import curve, recommendation, trainings

PROJECT = "projects/<int:project_id>/"
urlpatterns = [
    path(PROJECT + "runs/", trainings.RunList.as_view(), name="run-list"),
    path(PROJECT + "trainings/", trainings.TrainingList.as_view(), name="training-list"),
    path(PROJECT + "trainings/<int:training_id>/", trainings.TrainingDetail.as_view(), name="training-detail"),
    path(PROJECT + "trainings/<int:training_id>/stop/", trainings.TrainingStop.as_view(), name="training-stop"),
    path(PROJECT + "trainings/<int:training_id>/review/", trainings.TrainingReview.as_view(), name="training-review"),
    path(
        PROJECT + "questions/<int:question_id>/recommendation/",
        recommendation.RecommendationDetail.as_view(),
        name="recommendation-detail",
    ),
    path(PROJECT + "questions/<int:question_id>/curve/", curve.CurveDetail.as_view(), name="curve-detail"),
    path(PROJECT + "questions/<int:question_id>/estimate/", budget.EstimateDetail.as_view(), name="estimate-detail"),
    path(PROJECT + "budget/", budget.Budget.as_view(), name="budget"),
    path(PROJECT + "charges/", budget.ChargeList.as_view(), name="charge-list"),
    path(PROJECT + "charges/<int:entry_id>/correct/", budget.Correction.as_view(), name="correction"),
    path(PROJECT + "bonuses/", budget.Bonus.as_view(), name="bonus"),
    path(PROJECT + "statement/", budget.Statement.as_view(), name="statement"),
    path(PROJECT + "phases/", phases.PhaseList.as_view(), name="phase-list"),
    path(PROJECT + "phases/<int:phase_id>/", phases.PhaseDetail.as_view(), name="phase-detail"),
    path(PROJECT + "phases/<int:phase_id>/gate/", phases.PhaseGate.as_view(), name="phase-gate"),
    path(PROJECT + "gates/", phases.GateList.as_view(), name="gate-list"),
]
