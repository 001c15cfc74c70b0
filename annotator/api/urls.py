"""The API's addresses of this app."""

from django.urls import path

from annotator.api import content, items, jobs, members, projects, questions, tasks, token

urlpatterns = [
    path("token/", token.ObtainToken.as_view()),
    path("projects/", projects.ProjectList.as_view()),
    path("projects/<int:project_id>/", projects.ProjectDetail.as_view()),
    path("projects/<int:project_id>/members/", members.MemberList.as_view()),
    path("projects/<int:project_id>/questions/", questions.QuestionList.as_view()),
    path("projects/<int:project_id>/questions/<int:question_id>/", questions.QuestionDetail.as_view()),
    path("projects/<int:project_id>/questions/<int:question_id>/tasks/next/", tasks.NextTask.as_view()),
    path("projects/<int:project_id>/tasks/<int:task_id>/answer/", tasks.AnswerTask.as_view()),
    path("projects/<int:project_id>/tasks/<int:task_id>/renew/", tasks.RenewTask.as_view()),
    path("projects/<int:project_id>/tasks/<int:task_id>/return/", tasks.ReturnTask.as_view()),
    path("projects/<int:project_id>/items/", items.ItemList.as_view()),
    path("projects/<int:project_id>/content/<str:sha256>/", content.Content.as_view(), name="content"),
    path("projects/<int:project_id>/jobs/", jobs.JobList.as_view()),
    path("projects/<int:project_id>/jobs/<uuid:job_id>/", jobs.JobDetail.as_view()),
    path("projects/<int:project_id>/jobs/<uuid:job_id>/cancel/", jobs.CancelJob.as_view()),
]
