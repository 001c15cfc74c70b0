"""Every address. Only this file and the settings name the apps above."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from annotator.desk import views as desk
from annotator.pages import items, jobs, people, projects, questions, session
from datasets.pages import labels, versions
from workers.budget import pages as budget
from workers.overview import pages as overview
from workers.training import pages as training

PROJECT = "projects/<int:project_id>/"
urlpatterns = [
    path("", projects.home, name="home"),
    path("favicon.ico", lambda request: redirect(static("annotator/icon.svg"))),
    path("sign-in/", session.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/new/", projects.new, name="new-project"),
    path(PROJECT, overview.overview, name="overview"),
    path(PROJECT + "questions/new/", questions.new, name="new-question"),
    path(PROJECT + "questions/<int:question_id>/", questions.question, name="question"),
    path(PROJECT + "items/", items.item_list, name="items"),
    path(PROJECT + "items/add/", items.add, name="add-items"),
    path(PROJECT + "desk/", desk.desk, name="desk"),
    path(PROJECT + "desk/<int:question_id>/", desk.desk, name="desk-question"),
    path(PROJECT + "labels/", labels.label_list, name="labels"),
    path(PROJECT + "versions/", versions.version_list, name="versions"),
    path(PROJECT + "versions/freeze/", versions.freeze, name="freeze"),
    path(PROJECT + "versions/<int:version_id>/<str:name>/", versions.export, name="export"),
    path(PROJECT + "runs/", training.run_list, name="runs"),
    path(PROJECT + "runs/<int:run_id>/", training.run, name="run"),
    path(PROJECT + "budget/", budget.budget, name="budget"),
    path(PROJECT + "budget/add/", budget.fund, name="fund"),
    path(PROJECT + "people/", people.people, name="people"),
    path(PROJECT + "jobs/", jobs.job_list, name="jobs"),
    path(PROJECT + "jobs/<uuid:job_id>/cancel/", jobs.cancel, name="cancel-job"),
    path("api/", include("annotator.api.urls")),
    path("api/", include("datasets.api.urls")),
    path("api/", include("workers.api_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
