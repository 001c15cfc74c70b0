"""Jobs: long work, seen and stopped."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import jobs
from annotator.api.common.scoped import ProjectView
from annotator.models import Job


class JobSerializer(serializers.ModelSerializer):
    """A piece of long work."""

    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "title",
            "state",
            "done",
            "total",
            "message",
            "result",
            "error",
            "attempts",
            "created_at",
            "started_at",
            "ended_at",
        ]


class JobList(ProjectView, generics.ListAPIView):
    """The jobs of a project, newest first."""

    serializer_class = JobSerializer
    permissions = {"GET": "view_jobs"}
    filterset_fields = ["kind", "state"]
    queryset = Job.objects.none()

    def get_queryset(self) -> QuerySet[Job]:
        """Return the project's jobs."""
        return self.project.jobs.all()


class JobDetail(ProjectView, generics.RetrieveAPIView):
    """One job."""

    serializer_class = JobSerializer
    permissions = {"GET": "view_jobs"}

    def get_object(self) -> Job:
        """Return the job of the address."""
        return self.job()


class CancelJob(ProjectView):
    """Stop a job."""

    permissions = {"POST": "cancel_jobs"}

    @extend_schema(request=None, responses=JobSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Ask a job to stop; one that runs stops at its next step."""
        job = self.job()
        jobs.ask_to_cancel(job, self.user)
        job.refresh_from_db()
        return Response(JobSerializer(job).data)
