"""What a version has cost more than an earlier one, on the page that compares them."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotator.money import money_text
from annotator.people.permissions import ProjectRequest, allowed
from datasets.models import Version
from workers.budget import statements


def cost_of_difference(request: ProjectRequest, before: Version, after: Version) -> SafeString | str:
    """Return a sentence with what the versions after one up to the other have cost; nothing for people who see no money."""
    if "view_budget" not in allowed(request.member) or before.number >= after.number:
        return ""
    amount = statements.spent_on_versions(after.question, before.number, after.number)
    return format_html(
        '<section class="sheet"><h2>What the difference has cost</h2><p><span class="money">{}</span> for answers and training '
        "since version {}, up to version {}.</p></section>",
        money_text(amount, after.project.currency),
        before.number,
        after.number,
    )
