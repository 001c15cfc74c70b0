"""The API URLs of this app."""

from django.urls import path

from datasets.api import labels, model_votes, versions

QUESTION = "projects/<int:project_id>/questions/<int:question_id>/"
urlpatterns = [
    path(QUESTION + "labels/", labels.LabelList.as_view(), name="label-list"),
    path(QUESTION + "labels/workers/", model_votes.WorkerSkill.as_view(), name="labels-workers"),
    path(QUESTION + "model-votes/", model_votes.ModelVoteList.as_view(), name="model-vote-list"),
    path(QUESTION + "versions/", versions.VersionList.as_view(), name="version-list"),
    path(QUESTION + "versions/<int:number>/", versions.VersionDetail.as_view(), name="version-detail"),
    path(
        QUESTION + "versions/<int:number>/items/<int:item_id>/proof/",
        versions.VersionProof.as_view(),
        name="version-proof",
    ),
    path(
        QUESTION + "versions/<int:number>/difference/", versions.VersionDifference.as_view(), name="version-difference"
    ),
    path(QUESTION + "versions/<int:number>/withdrawn/", versions.VersionWithdrawn.as_view(), name="version-withdrawn"),
    path(QUESTION + "versions/<int:number>/export/", versions.VersionExport.as_view(), name="version-export"),
]
