"""The API's addresses of this app."""

from django.urls import path

from workers.budget import api as budget
from workers.training import api as training

urlpatterns = [
    path("projects/<int:project_id>/runs/", training.RunList.as_view()),
    path("projects/<int:project_id>/questions/<int:question_id>/curve/", training.CurveDetail.as_view()),
    path("projects/<int:project_id>/budget/", budget.Budget.as_view()),
    path("projects/<int:project_id>/charges/", budget.ChargeList.as_view()),
]
