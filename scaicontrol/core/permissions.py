"""
The one table from verbs to the contract's scopes (§7.4).

A verb's first line is `uow.authorize("<noun>:<verb>")`. Several scopes mean any of them; the session's scope (§6.3)
then decides which rows. `writes` is refused to read-only roles; `platform_only` is never for partners and tenants.
"""

from dataclasses import dataclass

ALL_SCOPES = frozenset({
    "admin:billing", "admin:tenants", "admin:partners", "admin:subscriptions", "admin:users", "admin:groups",
    "admin:provisioning", "admin:registry", "admin:accounting", "admin:platform", "admin:usage", "billing:manage",
    "billing:read", "subscriptions:read", "services:read", "registry:manage", "subscriptions:manage", "admin:audit",
    "admin:approve",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PermissionRule:
    scopes: frozenset[str] = frozenset()
    writes: bool = False
    platform_only: bool = False
    services: bool = False  # service accounts may hold it
    anyone: bool = False  # every authenticated person
    public: bool = False  # even nobody


# Whoever has the signed link to one document, and for that document alone (contract §14.7).
BY_LINK = frozenset({"invoices:read", "payments:read", "payments:pay", "einvoice_rules:read"})


def _read(*scopes: str, services: bool = False) -> PermissionRule:
    return PermissionRule(frozenset(scopes), services=services)


def _write(*scopes: str, services: bool = False) -> PermissionRule:
    return PermissionRule(frozenset(scopes), writes=True, services=services)


def _platform(*scopes: str) -> PermissionRule:
    return PermissionRule(frozenset(scopes), writes=True, platform_only=True)


def _platform_read(*scopes: str) -> PermissionRule:
    return PermissionRule(frozenset(scopes), platform_only=True)


PERMISSIONS: dict[str, PermissionRule] = {
    # partners, tenants
    "partners:read": PermissionRule(frozenset({"admin:partners", "admin:tenants"}), anyone=True),
    "partners:list": _read("admin:partners"),
    "partners:configure": _write("admin:partners"),
    "price_overrides:read": _read("admin:partners"),
    "price_overrides:manage": _platform("admin:partners"),
    "tenants:read": PermissionRule(frozenset({"admin:tenants"}), anyone=True),
    "tenants:list": _read("admin:tenants"),
    "tenants:update": _write("billing:manage", "admin:tenants"),
    "billing_profiles:read": _read("billing:read", "billing:manage", "admin:tenants", "admin:billing"),
    "billing_profiles:update": _write("billing:manage", "admin:tenants"),
    "billing_profiles:exempt": _write("admin:tenants"),
    # identity
    "users:read": _read("admin:users", "billing:manage"),
    "users:administer": _read("admin:users"),
    "users:grant": _write("admin:users"),
    "groups:read": _read("admin:groups"),
    "groups:grant": _write("admin:groups"),
    "identity:sync": _platform("admin:users", "admin:platform"),
    "identity:me": PermissionRule(anyone=True, services=True),
    "preferences:set": PermissionRule(anyone=True),  # one's own, also of whoever only reads
    "sessions:manage": _platform("admin:platform"),  # browser sessions: the sign-in itself
    "portal_views:begin": _write("admin:tenants"),
    "portal_views:read": _read("billing:manage"),
    # registry, catalog
    "registry:register": _write("registry:manage", services=True),
    "registry:heartbeat": _write("registry:manage", services=True),
    "registry:deregister": _write("registry:manage", "admin:registry", services=True),
    "registry:monitor": _platform("admin:registry", "admin:platform"),
    "services:read": _read("admin:registry", "services:read"),
    "services:list": _platform_read("admin:registry"),
    "services:issue_key": _write("registry:manage", "admin:registry", services=True),
    "services:approve": _platform("admin:registry"),
    "services:update": _platform("admin:registry"),
    "entrypoints:read": _read("services:read", "admin:registry"),
    "entrypoints:manage": _platform("admin:registry"),
    "catalog:browse": PermissionRule(public=True, services=True),
    "plans:read": _read("services:read", "admin:billing", "admin:subscriptions", "registry:manage", services=True),
    "plans:administer": _read("admin:billing"),
    "plans:manage": _platform("admin:billing"),
    "plans:move": _platform("admin:billing"),
    "packs:read": _read("services:read", "admin:billing", "admin:subscriptions"),
    "packs:administer": _read("admin:billing"),
    "packs:manage": _platform("admin:billing"),
    "coupons:read": _read("admin:billing"),
    "coupons:manage": _write("admin:billing"),
    "coupons:redeem": _write("subscriptions:manage", "admin:subscriptions"),
    # subscriptions, provisioning, usage
    "subscriptions:read": _read("subscriptions:read", "subscriptions:manage", "admin:subscriptions", "admin:billing"),
    "subscriptions:subscribe": _write("subscriptions:manage", "admin:subscriptions"),
    "subscriptions:change": _write("subscriptions:manage", "admin:subscriptions"),
    "subscriptions:cancel": _write("subscriptions:manage", "admin:subscriptions"),
    "subscriptions:resume": _write("subscriptions:manage", "admin:subscriptions"),
    "subscriptions:administer": _write("admin:subscriptions"),
    "subscriptions:advance": _platform("admin:platform"),  # renewal, expiry, reaper: jobs
    "service_billing:read": _read("registry:manage", services=True),
    "service_billing:charge": _write("registry:manage", services=True),
    "declarations:read": _read("admin:subscriptions", "admin:billing"),
    "declarations:decide": _write("admin:subscriptions"),
    "declarations:receive": _platform("admin:platform"),  # from whoever makes one, without signing in
    "provisioning:read": _read("subscriptions:read", "admin:provisioning"),
    "provisioning:manage": _write("admin:provisioning"),
    "provisioning:callback": PermissionRule(public=True, services=True),  # the callback token is the credential
    "usage:ingest": _write("registry:manage", services=True),
    "usage:read": _read("subscriptions:read", "admin:usage"),
    "usage:administer": _read("admin:usage"),
    "budgets:manage": _write("billing:manage"),
    "usage:aggregate": _platform("admin:usage", "admin:platform"),
    "quotas:read": _read("registry:manage", "subscriptions:read", "admin:usage", services=True),
    # pictures
    "uploads:fetch": PermissionRule(public=True, services=True),
    "icons:upload": _platform("admin:registry"),
    "template_images:upload": _write("admin:billing"),
    "uploads:sweep": _platform("admin:platform"),  # removes pictures that were never recorded
    # tax, invoices, billing, payments
    "tax:decide": _write("admin:billing", "admin:subscriptions"),
    "vat_rates:read": _read("admin:billing", "admin:tenants", "billing:read", "services:read"),
    "vat_rates:manage": _platform("admin:platform"),
    "einvoice_rules:read": _read(
        "admin:billing", "admin:tenants", "admin:platform", "billing:read", "billing:manage", "services:read"
    ),
    "einvoice_rules:manage": _platform("admin:platform"),
    "invoices:read": _read("billing:read", "billing:manage", "admin:billing"),
    "invoices:administer": _read("admin:billing"),
    "invoices:create": _write("admin:billing"),
    "invoices:update": _write("admin:billing"),
    "invoices:delete": _write("admin:billing"),
    "invoices:finalize": _write("admin:billing"),
    "invoices:send": _write("billing:manage", "billing:read", "admin:billing"),
    "invoices:void": _write("admin:billing"),
    "invoices:credit": _write("admin:billing"),
    "invoices:mark_paid": _write("admin:billing"),
    "invoices:regenerate_pdf": _write("admin:billing"),
    "invoices:render": _platform("admin:platform"),
    "invoices:verify": _read("admin:billing"),
    "invoices:remind": _write("admin:billing"),
    "invoices:sweep": _platform("admin:platform"),  # removes files that belong to no document
    "invoices:age": _platform("admin:platform"),  # the overdue job
    "invoice_links:read": _read("billing:read", "billing:manage", "admin:billing"),
    "invoice_links:revoke": _write("billing:manage", "admin:billing"),
    "invoice_links:open": _platform("admin:platform"),  # makes links for mails, and opens one by its signature
    "invariants:check": _read("admin:billing"),
    "ledger:read": _read("admin:billing"),
    "credits:read": _read("billing:read", "billing:manage", "admin:billing"),
    "credits:administer": _read("admin:billing"),
    "credits:apply": _write("billing:manage", "admin:billing"),
    "credits:keep": _write("admin:billing"),
    "credits:pay_back": _write("admin:billing"),
    "wallets:read": _read("billing:read", "billing:manage", "admin:billing"),
    "wallets:administer": _read("admin:billing"),
    "wallets:top_up": _write("admin:billing"),
    "wallets:grant": _write("admin:billing"),
    "wallets:refund": _write("admin:billing"),
    "wallets:expire": _write("admin:billing"),
    "wallets:sweep": _platform("admin:platform"),  # the expiry job
    "receivables:read": _read("billing:read", "billing:manage", "admin:billing"),
    "receivables:administer": _read("admin:billing"),
    "receivables:settle": _write("admin:billing"),
    "templates:read": _read("admin:billing"),
    "templates:manage": _write("admin:billing"),
    "billing:plan": _read("admin:billing"),
    "billing:preview": _read("billing:read", "admin:billing"),
    "billing:apply": _write("admin:billing"),
    "billing:resolve": _write("admin:billing"),
    "payments:receive": PermissionRule(public=True, services=True),  # the signature is the credential
    "payments:read": _read("billing:read", "billing:manage", "admin:billing"),
    "payments:pay": _write("billing:manage", "admin:billing"),
    "payments:refund": _write("admin:billing"),
    "payments:retry": _write("admin:billing"),
    "payments:resolve": _write("admin:billing"),  # what counts where a provider says another amount
    "payments:collect": _platform("admin:platform"),  # charge, reconcile and dunning jobs
    "disputes:read": _read("billing:read", "billing:manage", "admin:billing"),
    "disputes:administer": _read("admin:billing"),
    "disputes:record": _write("admin:billing"),
    "payment_methods:read": _read("billing:read", "billing:manage", "admin:billing"),
    "payment_methods:manage": _write("billing:manage"),
    "provider_accounts:read": _read("admin:billing"),
    "provider_accounts:manage": _write("admin:billing"),
    "payment_files:read": _read("admin:billing"),
    "payment_files:manage": _write("admin:billing"),
    "bank_statements:read": _read("admin:billing"),
    "bank_statements:import": _write("admin:billing"),
    "bank_statements:book": _write("admin:billing"),
    # accounting
    "accounting:read": _read("admin:accounting"),
    "accounting:manage": _write("admin:accounting"),
    "accounting:push": _platform("admin:platform"),  # the sync job
    "accounting:sweep": _platform("admin:platform"),  # removes files that were never recorded
    # facts, webhooks, notifications, audit
    "events:read": _read("admin:billing"),
    "events:relay": _platform("admin:platform"),
    "webhooks:read": _read("admin:billing"),
    "webhooks:manage": _write("admin:billing"),
    "webhooks:dispatch": _platform("admin:platform"),
    "notifications:read": PermissionRule(anyone=True),
    "notifications:mark_read": PermissionRule(anyone=True),
    "notifications:send": _platform("admin:platform"),
    "mail:queue": _write("admin:platform", "admin:billing", "billing:manage", "billing:read"),
    "mail:dispatch": _platform("admin:platform"),
    "audit:read": _read("admin:audit"),
    # the platform itself
    "platform:read": _platform_read("admin:platform"),
    "platform:update": _platform("admin:platform"),
    "jobs:read": _platform_read("admin:platform"),
    "jobs:run": _platform("admin:platform"),
    "changes:read": PermissionRule(frozenset({"admin:approve"}), anyone=True),  # everybody sees their own
    "changes:apply": PermissionRule(
        anyone=True, writes=True
    ),  # whoever planned it; the verb itself is authorized again
    "changes:approve": _write("admin:approve"),
}
