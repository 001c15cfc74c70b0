"""The API's addresses of this app."""

from django.urls import path

from workers.budget import api as budget
from workers.phases import api as phases
from workers.training import api as training

PROJECT = "projects/<int:project_id>/"
urlpatterns = [
    path(PROJECT + "runs/", training.RunList.as_view()),
    path(PROJECT + "trainings/", training.TrainingList.as_view()),
    path(PROJECT + "trainings/<int:training_id>/", training.TrainingDetail.as_view()),
    path(PROJECT + "trainings/<int:training_id>/stop/", training.TrainingStop.as_view()),
    path(PROJECT + "trainings/<int:training_id>/review/", training.TrainingReview.as_view()),
    path(PROJECT + "questions/<int:question_id>/recommendation/", training.RecommendationDetail.as_view()),
    path(PROJECT + "questions/<int:question_id>/curve/", training.CurveDetail.as_view()),
    path(PROJECT + "questions/<int:question_id>/estimate/", budget.EstimateDetail.as_view()),
    path(PROJECT + "budget/", budget.Budget.as_view()),
    path(PROJECT + "charges/", budget.ChargeList.as_view()),
    path(PROJECT + "charges/<int:entry_id>/correct/", budget.Correction.as_view()),
    path(PROJECT + "bonuses/", budget.Bonus.as_view()),
    path(PROJECT + "statement/", budget.Statement.as_view()),
    path(PROJECT + "phases/", phases.PhaseList.as_view()),
    path(PROJECT + "phases/<int:phase_id>/", phases.PhaseDetail.as_view()),
    path(PROJECT + "phases/<int:phase_id>/gate/", phases.PhaseGate.as_view()),
    path(PROJECT + "gates/", phases.GateList.as_view()),
]
