"""
Every deed that more than one door has: how to come to where it is allowed, where its state refuses it, and its doors.

A new verb at any door belongs into a deed here, or into `ALONE` when no other door has it.
"""

from .agreed import AGREED
from .documents import DOCUMENTS
from .others import OTHERS
from .subscribed import SUBSCRIBED

DEEDS = (*DOCUMENTS, *SUBSCRIBED, *OTHERS, *AGREED)

# Verbs that only one door has, so that there is nothing to compare.
ALONE = frozenset({
    "CLI admin einvoice-rules install",
    "CLI admin einvoice-rules retire",
    "CLI admin exchange-rates add",
    "CLI admin exchange-rates import",
    "CLI admin plans deactivate",
    "CLI admin services probe",
    "CLI admin templates import",
    "CLI admin vat-rates add",
    "CLI admin webhooks purge",
    "CLI sync",
    "REST DELETE /admin/accounting/integrations/{integration_id}",
    "REST DELETE /admin/billing/templates/{template_id}",
    "REST DELETE /admin/groups/{group_id}/role",
    "REST DELETE /admin/partners/{partner_id}/price-overrides/{override_id}",
    "REST DELETE /admin/webhook-subscriptions/{endpoint_id}",
    "REST DELETE /billing/payment-methods/{method_id}",
    "REST DELETE /registry/register",
    "REST PATCH /admin/services/{service_id}",
    "REST PATCH /organization",
    "REST POST /admin/accounting/integrations",
    "REST POST /admin/accounting/integrations/{integration_id}/test",
    "REST POST /admin/billing/invoices/{invoice_id}/line-items/sort-by-date",
    "REST POST /admin/billing/payments/{payment_id}/retry",
    "REST POST /admin/billing/runs",
    "REST POST /admin/billing/runs/{run_id}/discard",
    "REST POST /admin/billing/templates/preview",
    "REST POST /admin/billing/templates/{template_id}/duplicate",
    "REST POST /admin/billing/templates/{template_id}/publish",
    "REST POST /admin/groups/{group_id}/role",
    "REST POST /admin/jobs/{name}/run",
    "REST POST /admin/partners/{partner_id}/price-overrides",
    "REST POST /admin/plans",
    "REST POST /admin/provisioning/workflows/{workflow_id}/force-complete",
    "REST POST /admin/provisioning/workflows/{workflow_id}/retry-step/{step_name}",
    "REST POST /admin/provisioning/workflows/{workflow_id}/rollback",
    "REST POST /admin/users/sync",
    "REST POST /admin/webhook-subscriptions",
    "REST POST /admin/webhook-subscriptions/{endpoint_id}/test",
    "REST POST /auth/token",
    "REST POST /billing/invoices/{invoice_id}/pay",
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
    "REST POST /webhooks/{provider_slug}",
    "REST PUT /admin/platform/settings",
    "REST PUT /admin/accounting/integrations/{integration_id}",
    "REST PUT /admin/billing/invoices/{invoice_id}/line-items/order",
    "REST PUT /admin/partners/{partner_id}/price-overrides/{override_id}",
    "REST PUT /admin/plans/{plan_id}",
    "REST PUT /admin/tenants/{tenant_id}/billing-profile",
    "REST PUT /admin/webhook-subscriptions/{endpoint_id}",
    "REST PUT /billing/billing-profile",
    "REST PUT /registry/register",
    # Two doors have these, but a deed can write neither a file nor the hash that a run was planned with; and versions
    # of a plan count on, so that two announcements never tell the same.
    "CLI admin plan-moves announce",
    "CLI admin plan-moves cancel",
    "REST POST /admin/plan-moves/{move_id}/cancel",
    "REST POST /admin/plans/{plan_id}/moves",
    "REST POST /admin/plans/{plan_id}/moves/preview",
})  # fmt: skip
