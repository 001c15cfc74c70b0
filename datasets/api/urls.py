"""The API's addresses of this app."""

from django.urls import path

from datasets.api import labels, opinions, versions

QUESTION = "projects/<int:project_id>/questions/<int:question_id>/"
urlpatterns = [
    path(QUESTION + "labels/", labels.LabelList.as_view()),
    path(QUESTION + "labels/learned/", opinions.Learned.as_view()),
    path(QUESTION + "model-votes/", opinions.OpinionList.as_view()),
    path(QUESTION + "versions/", versions.VersionList.as_view()),
    path(QUESTION + "versions/<int:number>/", versions.VersionDetail.as_view()),
    path(QUESTION + "versions/<int:number>/export/", versions.VersionExport.as_view()),
]
