"""
Every deed that more than one door has: how to come to where it is allowed, where its state refuses it, and its doors.

A new verb at any door belongs into a deed here, or into `ALONE` when no other door has it.
"""

from .agreed import AGREED
from .bank import BANK
from .documents import DOCUMENTS
from .kept import KEPT
from .others import OTHERS
from .packs import PACKS
from .provider_accounts import PROVIDER_ACCOUNTS
from .set_up import SET_UP
from .subscribed import SUBSCRIBED
from .wallets import WALLETS

DEEDS = (*DOCUMENTS, *SUBSCRIBED, *OTHERS, *AGREED, *KEPT, *SET_UP, *BANK, *PACKS, *PROVIDER_ACCOUNTS, *WALLETS)

# Verbs that only one door has, so that there is nothing to compare.
ALONE = frozenset({
    "CLI admin einvoice-rules install",
    "CLI admin einvoice-rules retire",
    "CLI admin exchange-rates add",
    "CLI admin exchange-rates import",
    "CLI admin services probe",
    "CLI admin templates import",
    "CLI admin vat-rates add",
    "CLI admin webhooks purge",
    "CLI sync",
    "REST DELETE /admin/accounting/integrations/{integration_id}",
    "REST DELETE /admin/billing/templates/{template_id}",
    "REST DELETE /admin/partners/{partner_id}/price-overrides/{override_id}",
    "REST DELETE /billing/payment-methods/{method_id}",
    "REST DELETE /registry/register",
    "REST DELETE /usage/by-service/{slug}/budget",
    "REST PATCH /organization",
    "REST POST /admin/accounting/integrations",
    "REST POST /admin/bank-csv-mappings/{iban}/preview",
    "REST POST /admin/accounting/integrations/{integration_id}/test",
    "REST POST /admin/billing/invoices/{invoice_id}/line-items/sort-by-date",
    "REST POST /admin/billing/runs",
    "REST POST /admin/provider-accounts/{account_id}/check",
    "REST POST /webhooks/{provider_slug}/{account_id}",
    "console provider-account/check",
    "REST POST /admin/billing/templates/preview",
    "REST POST /admin/billing/templates/{template_id}/duplicate",
    "REST POST /admin/billing/templates/{template_id}/publish",
    "REST POST /admin/jobs/{name}/run",
    "REST POST /admin/provisioning/workflows/{workflow_id}/retry-step/{step_name}",
    "REST POST /admin/users/sync",
    "REST POST /admin/webhook-subscriptions/{endpoint_id}/test",
    "REST POST /auth/token",
    "REST POST /billing/billing-profile/check-vat-number",
    "REST POST /billing/payment-methods",
    "REST POST /billing/payment-methods/{method_id}/default",
    "REST POST /billing/payment-providers/{slug}/confirm",
    "REST POST /billing/payment-providers/{slug}/setup",
    "REST POST /metering/events",
    "REST POST /notifications/read-all",
    "REST POST /notifications/{notification_id}/read",
    "REST POST /provisioning/callback",
    "REST POST /registry/heartbeat",
    "REST POST /registry/register",
    "REST POST /subscriptions/{subscription_id}/preview-change",
    "REST POST /webhooks/{provider_slug}",
    "REST PUT /admin/accounting/integrations/{integration_id}",
    "REST PUT /admin/billing/invoices/{invoice_id}/line-items/order",
    "REST PUT /admin/partners/{partner_id}/price-overrides/{override_id}",
    "REST PUT /billing/billing-profile",
    "REST PUT /usage/by-service/{slug}/budget",
    "REST PUT /registry/register",
    # More than one door has these, and they leave no fact to compare, or whoever only reads may do them, too.
    "MCP manage_notifications.mark_all_read",
    "MCP manage_notifications.mark_read",
    "MCP manage_platform.run_job",
    "MCP manage_provisioning.retry_step",
    "MCP manage_users.sync",
    "MCP manage_webhook_subscriptions.test",
    "REST PUT /auth/me/preferences",
    "console preferences/choose",
    # The console has these beside another door, in a shape of its own: a line instead of all of them, a range without
    # an end, a payment instead of its invoice, a question whose answer is the deed.
    "console accounting-integration/create",
    "console accounting-integration/deactivate",
    "console accounting-integration/edit",
    "console accounting-integration/test",
    "console bank-csv-mapping/edit",
    "console billing-run/plan",
    "console exchange-rate/add",
    "console invoice-template/create",
    "console invoice-template/delete",
    "console invoice-template/duplicate",
    "console invoice-template/publish",
    "console invoice-template/save",
    "console invoice/add_line",
    "console invoice/collect",
    "console invoice/draft",
    "console invoice/edit_line",
    "console invoice/remove_line",
    "console invoice/sort_lines",
    "console invoice/verify",
    "console job/run",
    "console payment/open_dispute",
    "console payment/refund",
    "console settings/set_policy",
    "console vat-rate/add",
    "console vat-rate/look_up",
    "console webhook-subscriptions/close_rotation",
    "console webhook-subscriptions/edit",
    "console webhook-subscriptions/pause",
    "console webhook-subscriptions/resume",
    "console webhook-subscriptions/retry_failed",
    "console webhook-subscriptions/test",
    # The console has one form for each part of a body that the other doors send as a whole; its whole is a deed above.
    "console partner/configure_bank",
    "console partner/configure_dunning",
    "console partner/configure_look",
    "console partner/configure_public",
    "console partner/configure_seller",
    "console partner/configure_tax",
    "console service/activate",
    "console service/deprecate",
    "console service/deregister",
    "console service/update",
    "console tenant/exempt",
    "console tenant/view_portal",
    # Two doors have these, and what a door leaves counts on or is gone with it: tests/console holds them by themselves.
    "console plan/create",
    "console provisioning-workflow/retry_step",
    "console plan/update",
    "console plan-move/announce",
    "console plan-move/cancel",
    "console price-override/change",
    "console price-override/remove",
    # The terminal has these in a shape of its own, as far as a key and a line can say them: how far back instead of a
    # range, all that is left of a credit, the seller alone of a run. tests/surfaces/test_tui_drills.py does them.
    "TUI invoices/collect",
    "TUI jobs/run",
    "TUI provisioning/force_complete",
    "TUI provisioning/retry_step",
    "TUI provisioning/rollback",
    "TUI refunds/pay_back",
    "TUI runs/plan",
    "TUI services/probe",
    "TUI subscribers/pause",
    "TUI subscribers/replay",
    "TUI subscribers/resume",
    "TUI subscribers/test",
    # Two doors have these, but a deed can write neither a file nor the hash that a run was planned with; and versions
    # of a plan count on, so that two announcements never tell the same.
    "MCP manage_plans.announce_move",
    "MCP manage_plans.cancel_move",
    "CLI admin plan-moves announce",
    "CLI admin plan-moves cancel",
    "REST POST /admin/plan-moves/{move_id}/cancel",
    "REST POST /admin/plans/{plan_id}/moves",
    "REST POST /admin/plans/{plan_id}/moves/preview",
})  # fmt: skip
