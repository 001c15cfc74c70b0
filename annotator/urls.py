"""Every address. Only this file and the settings name the apps above."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from annotator.api.common.errors import unknown_address
from annotator.desk.pages import desk, own_answers
from annotator.pages import (
    account,
    batches,
    comments,
    editor,
    imports,
    invitations,
    item,
    items,
    jobs,
    live,
    people,
    projects,
    quality,
    questions,
    reviews,
    session,
    webhooks,
)
from datasets.pages import labels, versions
from workers.budget.pages import budget, pay, plan, statement
from workers.budget.pages import person as workers_people
from workers.overview import pages as overview
from workers.phases import pages as phases
from workers.training import pages as training

PROJECT = "projects/<int:project_id>/"
QUESTION = PROJECT + "questions/<int:question_id>/"
API = ("annotator.api.", "datasets.api.", "workers.api_")
urlpatterns = [
    # First, because addresses are tried in their order, and people wait for the queue hundreds of times an hour.
    path("api/v1/", include(([path("", include(f"{app}urls")) for app in API], "api"))),
    path("", projects.home, name="home"),
    path("favicon.ico", lambda request: redirect(static("annotator/icon.svg"))),
    path("sign-in/", session.SignInView.as_view(), name="sign-in"),
    path("account/", account.account, name="account"),
    path("account/sign-ins/<int:sign_in_id>/end/", account.end_sign_in, name="end-sign-in"),
    path("account/tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke-token"),
    path("forgotten-password/", account.ForgottenPassword.as_view(), name="forgotten"),
    path("forgotten-password/sent/", account.forgotten_sent, name="forgotten-sent"),
    path("new-password/<uidb64>/<token>/", account.NewPassword.as_view(), name="new-password"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/new/", projects.new, name="new-project"),
    path(PROJECT, overview.overview, name="overview"),
    path(PROJECT + "settings/", projects.settings, name="project-settings"),
    path(PROJECT + "outcomes/", overview.outcome_list, name="outcomes"),
    path(PROJECT + "questions/new/", editor.new, name="new-question"),
    path(PROJECT + "questions/preview/", editor.preview, name="preview-question"),
    path(PROJECT + "answers/", own_answers.history, name="history"),
    path(PROJECT + "questions/<int:question_id>/", questions.question, name="question"),
    path(QUESTION + "edit/", editor.edit, name="edit-question"),
    path(QUESTION + "live/", live.live, name="live"),
    path(QUESTION + "tasks/", live.tasks, name="tasks"),
    path(QUESTION + "batches/", batches.batches, name="batches"),
    path(QUESTION + "batches/plan/", batches.plan, name="plan-batch"),
    path(QUESTION + "batches/order/", batches.prioritise, name="prioritise"),
    path(QUESTION + "batches/<int:number>/", batches.change, name="change-batch"),
    path(QUESTION + "quality/", quality.quality, name="quality"),
    path(QUESTION + "quality/known/", quality.add_gold, name="add-gold"),
    path(QUESTION + "quality/people/<int:user_id>/", quality.set_worker_status, name="set-worker-status"),
    path(QUESTION + "review/", reviews.next_item, name="review"),
    path(QUESTION + "review/<int:review_id>/", reviews.decide, name="decide"),
    path(QUESTION + "comments/", comments.comments, name="comments"),
    path(PROJECT + "comments/<int:flag_id>/settle/", comments.settle, name="settle-comment"),
    path(PROJECT + "live/", live.first, name="live-first"),
    path(PROJECT + "review/", reviews.first, name="review-first"),
    path(PROJECT + "decisions/", reviews.decisions, name="decisions"),
    path(PROJECT + "items/", items.item_list, name="items"),
    path(PROJECT + "items/add/", items.add, name="add-items"),
    path(PROJECT + "items/actions/", item.act, name="item-actions"),
    path(PROJECT + "items/<int:item_id>/", item.item, name="item"),
    path(PROJECT + "imports/<uuid:import_id>/", imports.mapping_page, name="import"),
    path(PROJECT + "imports/<uuid:import_id>/rejected/", imports.rejected_rows, name="rejected-rows"),
    path(PROJECT + "desk/", desk.desk, name="desk"),
    path(PROJECT + "desk/<int:question_id>/", desk.desk, name="desk-question"),
    path(PROJECT + "labels/", labels.label_list, name="labels"),
    path(PROJECT + "labels/<int:label_id>/", labels.label, name="label"),
    path(PROJECT + "questions/<int:question_id>/labels/compute/", labels.compute, name="compute-labels"),
    path(PROJECT + "questions/<int:question_id>/people/<int:user_id>/", workers_people.worker, name="worker"),
    path(PROJECT + "versions/", versions.version_list, name="versions"),
    path(PROJECT + "versions/freeze/", versions.freeze, name="freeze"),
    path(PROJECT + "versions/<int:version_id>/train/", training.begin, name="begin-training"),
    path(PROJECT + "versions/<int:version_id>/<str:name>/", versions.export, name="export"),
    path(PROJECT + "runs/", training.run_list, name="runs"),
    path(PROJECT + "runs/<int:run_id>/", training.run, name="run"),
    path(PROJECT + "trainings/<int:training_id>/", training.training, name="training"),
    path(PROJECT + "trainings/<int:training_id>/stop/", training.stop, name="stop-training"),
    path(PROJECT + "trainings/<int:training_id>/review/", training.send_to_review, name="review-suspects"),
    path(PROJECT + "trainings/<int:training_id>/model-votes/", training.join_answers, name="join-answers"),
    path(PROJECT + "recommendations/<int:recommendation_id>/", training.publish, name="publish-recommendation"),
    path(QUESTION + "order/", training.order_queue, name="order-queue"),
    path(PROJECT + "budget/", budget.budget, name="budget"),
    path(PROJECT + "budget/add/", budget.fund, name="fund"),
    path(PROJECT + "budget/entries/<int:entry_id>/", budget.correct, name="entry"),
    path(PROJECT + "budget/statement/", statement.statement, name="statement"),
    path(PROJECT + "budget/statement/entries.csv", statement.statement_file, name="statement-file"),
    path(PROJECT + "budget/reconcile/", statement.reconcile, name="reconcile"),
    path(PROJECT + "budget/pay/", pay.pay, name="pay"),
    path(PROJECT + "budget/pay/<int:user_id>/", pay.pay_person, name="pay-person"),
    path(PROJECT + "budget/pay/<int:user_id>/bonus/", pay.bonus, name="bonus"),
    path(PROJECT + "budget/machines/", pay.machine, name="new-machine"),
    path(PROJECT + "budget/machines/<int:machine_id>/", pay.machine, name="machine"),
    path(PROJECT + "phases/", phases.phase_list, name="phases"),
    path(PROJECT + "phases/<int:phase_id>/plan/", phases.plan, name="plan-phase"),
    path(PROJECT + "phases/<int:phase_id>/decide/", phases.decide, name="decide-gate"),
    path(PROJECT + "gates/<int:gate_id>/", phases.gate, name="gate"),
    path(PROJECT + "brief/", phases.brief, name="brief"),
    path(PROJECT + "demo/", phases.demo, name="demo"),
    path(PROJECT + "reports/", phases.report_list, name="reports"),
    path(PROJECT + "reports/<str:week>/", phases.report, name="report"),
    path(QUESTION + "plan/", plan.plan, name="plan"),
    path(QUESTION + "reading/", phases.read, name="wording"),
    path(PROJECT + "people/", people.people, name="people"),
    path(PROJECT + "people/<int:member_id>/", people.change, name="change-person"),
    path(PROJECT + "people/invite/", people.invite, name="invite"),
    path(PROJECT + "people/invitations/<int:invitation_id>/withdraw/", people.withdraw, name="withdraw-invitation"),
    path(PROJECT + "people/groups/", people.group, name="new-group"),
    path(PROJECT + "people/groups/<int:group_id>/", people.group, name="group"),
    path(PROJECT + "leave/", people.leave, name="leave"),
    path(PROJECT + "webhooks/", webhooks.webhooks, name="webhooks"),
    path(PROJECT + "webhooks/<int:webhook_id>/remove/", webhooks.remove, name="remove-webhook"),
    path(PROJECT + "webhooks/deliveries/<uuid:delivery_id>/again/", webhooks.again, name="send-again"),
    path("join/<str:token>/", invitations.join, name="join"),
    path(PROJECT + "jobs/", jobs.job_list, name="jobs"),
    path(PROJECT + "jobs/<uuid:job_id>/cancel/", jobs.cancel, name="cancel-job"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/", SpectacularSwaggerView.as_view(url_name="schema", http_method_names=["get", "head"]), name="docs"
    ),
    re_path("^api/", unknown_address),
    path("admin/", admin.site.urls),
]
