"""Each operation that operators have over REST has its page in the console, or a reason why it has none."""

from collections.abc import Mapping
from functools import cache

from admin_views import site
from admin_views.base import ControlView
from admin_views.pages import ConsolePage
from tests.factories.api import rest_api

# A page is a view, or a view and its verb. What begins with a capital is the reason why there is none.
BY_DAYS = "Lines are put by their days; any other order is for whoever drafts over REST."
BY_CLOCK = "A sync is started by REST, at the command line or by the clock; the console runs its job."
PAGES: Mapping[str, str] = {
    # documents and their money
    "GET /admin/billing/invoices": "invoice",
    "POST /admin/billing/invoices": "invoice/draft",
    "GET /admin/billing/invoices/{invoice_id}": "invoice",
    "PATCH /admin/billing/invoices/{invoice_id}": "invoice/update",
    "DELETE /admin/billing/invoices/{invoice_id}": "invoice/delete",
    "PUT /admin/billing/invoices/{invoice_id}/line-items/order": BY_DAYS,
    "POST /admin/billing/invoices/{invoice_id}/line-items/sort-by-date": "invoice/sort_lines",
    "POST /admin/billing/invoices/{invoice_id}/finalize": "invoice/finalize",
    "POST /admin/billing/invoices/{invoice_id}/regenerate-pdf": "invoice/regenerate_pdf",
    "POST /admin/billing/invoices/{invoice_id}/send": "invoice/send",
    "POST /admin/billing/invoices/{invoice_id}/credit-note": "invoice/credit",
    "POST /admin/billing/invoices/{invoice_id}/refund": "invoice/refund",
    "POST /admin/billing/invoices/{invoice_id}/reminder": "invoice/remind",
    "GET /admin/billing/invoices/{invoice_id}/reminders": "invoice",
    "POST /admin/billing/invoices/{invoice_id}/void": "invoice/void",
    "POST /admin/billing/invoices/{invoice_id}/mark-paid": "invoice/mark_paid",
    "POST /admin/billing/invoices/{invoice_id}/apply-credit": "invoice/apply_credit",
    "GET /admin/billing/invoices/{invoice_id}/pdf": "invoice",
    "GET /admin/billing/invoices/{invoice_id}/download": "invoice",
    "GET /admin/billing/invoices/{invoice_id}/explain": "invoice",
    "GET /admin/billing/invoices/{invoice_id}/versions": "invoice",
    "GET /admin/billing/invoices/{invoice_id}/links": "invoice",
    "POST /admin/billing/invoices/{invoice_id}/links/revoke": "invoice/revoke_links",
    # what consumers declared
    "GET /admin/declarations": "declaration",
    "GET /admin/declarations/{declaration_id}": "declaration",
    "POST /admin/declarations/{declaration_id}/carry-out": "declaration/carry_out",
    "POST /admin/declarations/{declaration_id}/decline": "declaration/decline",
    "GET /admin/billing/credit-notes": "invoice",
    "GET /admin/billing/statement": "tenant",
    "GET /admin/billing/statement/pdf": "tenant",
    "GET /admin/billing/credits": "credit",
    "GET /admin/billing/credits/{credit_id}": "credit",
    "POST /admin/billing/credits/{credit_id}/keep": "credit/keep",
    "POST /admin/billing/credits/{credit_id}/pay-back": "credit/pay_back",
    "GET /admin/tenants/{tenant_id}/credit-balance": "credit",
    "GET /admin/billing/receivables": "receivable",
    "GET /admin/billing/receivables/{receivable_id}": "receivable",
    "POST /admin/billing/receivables/{receivable_id}/settle": "receivable/settle",
    "GET /admin/wallets/lots": "wallet-lot",
    "GET /admin/wallets/lots/{lot_id}": "wallet-lot",
    "POST /admin/wallets/top-ups": "wallet-lot/top_up",
    "POST /admin/wallets/grants": "wallet-lot/grant",
    "POST /admin/wallets/lots/{lot_id}/refund": "wallet-lot/refund",
    "POST /admin/wallets/lots/{lot_id}/expire": "wallet-lot/expire",
    "GET /admin/tenants/{tenant_id}/wallet": "wallet-lot",
    "GET /admin/billing/payments": "payment",
    "GET /admin/billing/payments/{payment_id}": "payment",
    "POST /admin/billing/payments/{payment_id}/retry": "payment/retry",
    "POST /admin/billing/payments/{payment_id}/resolve": "payment/resolve",
    "GET /admin/billing/refunds-that-failed": "refund",
    "GET /admin/disputes": "dispute",
    "POST /admin/disputes": "payment/open_dispute",
    "GET /admin/disputes/{dispute_id}": "dispute",
    "POST /admin/disputes/{dispute_id}/close": "dispute/close",
    # provider accounts
    "GET /admin/provider-accounts": "provider-account",
    "POST /admin/provider-accounts": "provider-account/create",
    "GET /admin/provider-accounts/{account_id}": "provider-account",
    "PUT /admin/provider-accounts/{account_id}": "provider-account/edit",
    "POST /admin/provider-accounts/{account_id}/prefer": "provider-account/prefer",
    "POST /admin/provider-accounts/{account_id}/close": "provider-account/close",
    "POST /admin/provider-accounts/{account_id}/check": "provider-account/check",
    # payment files
    "GET /admin/payment-files": "payment-file",
    "POST /admin/payment-files": "payment-file/write",
    "GET /admin/payment-files/{file_id}": "payment-file",
    "GET /admin/payment-files/{file_id}/download": "payment-file",
    "POST /admin/payment-files/{file_id}/mark-sent": "payment-file/mark_sent",
    "GET /admin/payment-orders": "payment-order",
    "POST /admin/payment-orders": "payment-order/propose",
    "GET /admin/payment-orders/{order_id}": "payment-order",
    "POST /admin/payment-orders/{order_id}/settle": "payment-order/settle",
    "POST /admin/payment-orders/{order_id}/reject": "payment-order/reject",
    "POST /admin/payment-orders/{order_id}/withdraw": "payment-order/withdraw",
    # coupons
    "GET /admin/coupons": "coupon",
    "POST /admin/coupons": "coupon/create",
    "GET /admin/coupons/{coupon_id}": "coupon",
    "POST /admin/coupons/{coupon_id}/end": "coupon/end",
    "GET /admin/coupons/{coupon_id}/redemptions": "coupon",
    "POST /admin/coupons/redemptions/{redemption_id}/withdraw": "coupon/withdraw",
    # bank statements
    "GET /admin/bank-csv-mappings": "bank-csv-mapping",
    "PUT /admin/bank-csv-mappings/{iban}": "bank-csv-mapping/add",
    "POST /admin/bank-csv-mappings/{iban}/preview": "bank-csv-mapping",
    "POST /admin/bank-statements": "bank-statement",
    "GET /admin/bank-statements": "bank-statement",
    "GET /admin/bank-statements/{statement_id}": "bank-statement",
    "POST /admin/bank-statements/{statement_id}/match": "bank-statement/match",
    "GET /admin/bank-lines": "bank-line",
    "GET /admin/bank-lines/{line_id}": "bank-line",
    "GET /admin/bank-lines/{line_id}/candidates": "bank-line",
    "POST /admin/bank-lines/{line_id}/book": "bank-line/book",
    "POST /admin/bank-lines/{line_id}/split": "bank-line/split",
    "POST /admin/bank-lines/{line_id}/credit": "bank-line/credit",
    "POST /admin/bank-lines/{line_id}/ignore": "bank-line/ignore",
    "POST /admin/bank-lines/{line_id}/reverse": "bank-line/reverse",
    # runs
    "GET /admin/billing/runs": "billing-run",
    "POST /admin/billing/runs": "billing-run/plan",
    "GET /admin/billing/runs/{run_id}": "billing-run",
    "GET /admin/billing/runs/{run_id}/documents": "billing-run",
    "GET /admin/billing/runs/{run_id}/documents/{key}": "billing-run",
    "GET /admin/billing/runs/{run_id}/compare": "billing-run",
    "GET /admin/billing/runs/{run_id}/quarantine": "quarantine-item",
    "POST /admin/billing/runs/{run_id}/apply": "billing-run/apply",
    "POST /admin/billing/runs/{run_id}/discard": "billing-run/discard",
    "POST /admin/billing/quarantine/{item_id}/resolve": "quarantine-item/resolve",
    # who is told, what ran, who did what
    "GET /admin/webhook-subscriptions": "webhook-subscriptions",
    "POST /admin/webhook-subscriptions": "webhook-subscriptions/create",
    "PUT /admin/webhook-subscriptions/{endpoint_id}": "webhook-subscriptions/edit",
    "DELETE /admin/webhook-subscriptions/{endpoint_id}": "webhook-subscriptions/delete",
    "POST /admin/webhook-subscriptions/{endpoint_id}/test": "webhook-subscriptions/test",
    "POST /admin/webhook-subscriptions/{endpoint_id}/rotate-secret": "webhook-subscriptions/rotate_secret",
    "GET /admin/webhook-subscriptions/{endpoint_id}/deliveries": "webhook-delivery",
    "GET /admin/webhook-subscriptions/{endpoint_id}/deliveries/{delivery_id}": "webhook-delivery",
    "POST /admin/webhook-subscriptions/{endpoint_id}/deliveries/{delivery_id}/retry": "webhook-delivery/retry",
    "POST /admin/webhook-subscriptions/{endpoint_id}/replay": "webhook-subscriptions/replay",
    "GET /admin/events": "event",
    "GET /admin/audit-log": "audit-entry",
    "GET /admin/jobs": "job",
    "POST /admin/jobs/{name}/run": "job/run",
    # settings of the platform and of sellers
    "GET /admin/invariants": "invariants",
    "GET /admin/ledger/balances": "ledger",
    "GET /admin/ledger/entries": "ledger-entry",
    "GET /admin/ledger/entries/{entry_id}": "ledger-entry",
    "GET /admin/platform/settings": "settings",
    "PUT /admin/platform/settings": "settings/set_policy",
    "GET /admin/accounting/providers": "accounting-integration",
    "GET /admin/accounting/integrations": "accounting-integration",
    "POST /admin/accounting/integrations": "accounting-integration/create",
    "GET /admin/accounting/integrations/{integration_id}": "accounting-integration",
    "PUT /admin/accounting/integrations/{integration_id}": "accounting-integration/edit",
    "DELETE /admin/accounting/integrations/{integration_id}": "accounting-integration/deactivate",
    "POST /admin/accounting/integrations/{integration_id}/test": "accounting-integration/test",
    "POST /admin/accounting/integrations/{integration_id}/sync": "accounting-integration/sync",
    "GET /admin/accounting/integrations/{integration_id}/sync-log": "accounting-sync-item",
    "GET /admin/accounting/integrations/{integration_id}/sync-log/{sync_item_id}/artefact": "accounting-sync-item",
    "GET /admin/billing/templates": "invoice-template",
    "POST /admin/billing/templates": "invoice-template/create",
    "GET /admin/billing/templates/variables": "designer",
    "POST /admin/billing/templates/preview": "invoice-template",
    "GET /admin/billing/templates/{template_id}": "invoice-template",
    "PUT /admin/billing/templates/{template_id}": "invoice-template/save",
    "DELETE /admin/billing/templates/{template_id}": "invoice-template/delete",
    "POST /admin/billing/templates/{template_id}/duplicate": "invoice-template/duplicate",
    "POST /admin/billing/templates/{template_id}/publish": "invoice-template/publish",
    "GET /admin/billing/templates/{template_id}/versions": "invoice-template",
    "POST /admin/uploads/icon": "upload",
    "POST /admin/uploads/template-image": "upload",
    # subscriptions
    "GET /admin/subscriptions": "subscription",
    "POST /admin/subscriptions": "subscription/create",
    "POST /admin/subscriptions/bulk": "subscription/suspend",
    "GET /admin/subscriptions/{subscription_id}": "subscription",
    "POST /admin/subscriptions/{subscription_id}/cancel": "subscription/cancel",
    "POST /admin/subscriptions/{subscription_id}/override": "subscription/override",
    "POST /admin/subscriptions/{subscription_id}/resume": "subscription/resume",
    "POST /admin/subscriptions/{subscription_id}/suspend": "subscription/suspend",
    # tenants, partners, people, plans, services
    "GET /admin/tenants": "tenant",
    "GET /admin/tenants/{tenant_id}": "tenant",
    "PUT /admin/tenants/{tenant_id}/billing-profile": "tenant/save_billing_profile",
    "GET /admin/usage/aggregate": "usage",
    "GET /admin/usage/tenant/{tenant_id}": "tenant",
    "GET /admin/partners": "partner",
    "GET /admin/partners/{partner_id}": "partner",
    "GET /admin/partners/{partner_id}/configuration": "partner",
    "PATCH /admin/partners/{partner_id}/configuration": "partner/configure_seller",
    "GET /admin/partners/{partner_id}/price-overrides": "price-override",
    "POST /admin/partners/{partner_id}/price-overrides": "price-override/add",
    "PUT /admin/partners/{partner_id}/price-overrides/{override_id}": "price-override/change",
    "DELETE /admin/partners/{partner_id}/price-overrides/{override_id}": "price-override/remove",
    "GET /admin/partners/{partner_id}/summary": "partner",
    "GET /admin/partners/{partner_id}/tenants": "tenant",
    "GET /admin/users": "user",
    "GET /admin/users/roles": "roles",
    "POST /admin/users/sync": BY_CLOCK,
    "GET /admin/users/{user_id}": "user",
    "POST /admin/users/{user_id}/role": "user/grant",
    "DELETE /admin/users/{user_id}/role": "user/revoke",
    "GET /admin/groups": "group",
    "GET /admin/groups/{group_id}": "group",
    "POST /admin/groups/{group_id}/role": "group/grant",
    "DELETE /admin/groups/{group_id}/role": "group/revoke",
    "GET /admin/plans": "plan",
    "POST /admin/plans": "plan/create",
    "PUT /admin/plans/{plan_id}": "plan/update",
    "GET /admin/plans/{plan_id}/versions": "plan",
    "GET /admin/packs": "service-pack",
    "POST /admin/packs": "service-pack/create",
    "GET /admin/packs/{pack_id}": "service-pack",
    "PUT /admin/packs/{pack_id}": "service-pack/update",
    "DELETE /admin/packs/{pack_id}": "service-pack/remove",
    "GET /admin/plan-moves": "plan-move",
    "POST /admin/plan-moves/{move_id}/cancel": "plan-move/cancel",
    "POST /admin/plans/{plan_id}/moves": "plan-move/announce",
    "POST /admin/plans/{plan_id}/moves/preview": "plan-move/announce",
    "GET /admin/services": "service",
    "GET /admin/services/{service_id}": "service",
    "PATCH /admin/services/{service_id}": "service/update",
    "POST /admin/services/{service_id}/approve": "service/approve",
    "POST /admin/services/{service_id}/reject": "service/reject",
    "GET /admin/metric-changes": "metric-change",
    "POST /admin/metric-changes/{change_id}/approve": "metric-change/approve",
    "POST /admin/metric-changes/{change_id}/reject": "metric-change/reject",
    "GET /admin/provisioning/workflows": "provisioning-workflow",
    "GET /admin/provisioning/workflows/{workflow_id}": "provisioning-workflow",
    "POST /admin/provisioning/workflows/{workflow_id}/retry-step/{step_name}": "provisioning-workflow/retry_step",
    "POST /admin/provisioning/workflows/{workflow_id}/force-complete": "provisioning-workflow/force_complete",
    "POST /admin/provisioning/workflows/{workflow_id}/rollback": "provisioning-workflow/rollback",
    "GET /admin/change-plans": "change-plan",
    "GET /admin/change-plans/{plan_id}": "change-plan",
    "POST /admin/change-plans/{plan_id}/approve": "change-plan/approve",
    "POST /admin/change-plans/{plan_id}/reject": "change-plan/reject",
    "POST /admin/change-plans/{plan_id}/apply": "change-plan/apply",
}  # fmt: skip
# A file is no field of a verb, and a preview changes nothing.
FORMS_OF_THEIR_OWN = {
    "POST /admin/billing/templates/preview",
    "POST /admin/bank-csv-mappings/{iban}/preview",
    "POST /admin/bank-statements",
    "POST /admin/uploads/icon",
    "POST /admin/uploads/template-image",
}


@cache
def operations() -> frozenset[str]:
    """Name every operation under /admin, as the API describes itself."""
    paths = rest_api().openapi()["paths"]
    return frozenset(
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in paths.items()
        if path.startswith("/api/v1/admin/")
        for method in methods
    )


def pages() -> frozenset[str]:
    """Name every view of the console, and every verb of each."""
    found = set()
    for view in site.views():
        found.add(view.identity)
        if issubclass(view, ControlView | ConsolePage):
            found |= {f"{view.identity}/{verb.name}" for verb in view.verbs}
    return frozenset(found)


def test_every_operation_has_a_page_or_a_reason():
    assert sorted(operations() - PAGES.keys()) == [], "say in which page of the console these are done, or why in none"
    assert sorted(PAGES.keys() - operations()) == [], "the API has these no more"


def test_every_page_that_is_named_is_there():
    named = {page for page in PAGES.values() if page[0].islower()}

    assert sorted(named - pages()) == []
    assert all(reason.endswith(".") for reason in PAGES.values() if not reason[0].islower())


def test_every_change_of_a_page_is_its_verb():
    """A changing operation is not done by looking at a list."""
    looked_at = {operation for operation, page in PAGES.items() if page[0].islower() and "/" not in page}

    assert {operation for operation in looked_at if not operation.startswith("GET ")} == FORMS_OF_THEIR_OWN
