import { useMutation, useQueryClient } from "@tanstack/solid-query";
import { follow } from "../i18n/follow";
import { api, mustData, type Schemas } from "./client";
import { type PlanChange, q } from "./queries";

/**
 * A key for one intended change. Make it when the dialog that asks for the change opens: a double click or a second
 * try after a broken connection is then the same change.
 */
export function newIdempotencyKey(): string {
  // Not randomUUID: that exists only where the page came over TLS or from localhost.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

export function useSubscribe() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (wanted: { key: string; plan_id: string; quantity: number; coupon: string }) =>
      mustData(
        api.POST("/api/v1/subscriptions", {
          params: { header: { "Idempotency-Key": wanted.key } },
          body: {
            plan_id: wanted.plan_id,
            quantity: wanted.quantity,
            ...(wanted.coupon ? { coupon: wanted.coupon } : {}),
          },
        }),
      ),
    onSuccess: () => {
      for (const key of ["subscriptions", "overview", "upcoming"]) {
        void cache.invalidateQueries({ queryKey: [key] });
      }
    },
  }));
}

export function useSubscribePack(slug: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (wanted: { key: string }) =>
      mustData(
        api.POST("/api/v1/service-packs/{slug}/subscribe", {
          params: { path: { slug: slug() }, header: { "Idempotency-Key": wanted.key } },
          body: {},
        }),
      ),
    onSuccess: () => refreshPacks(cache),
  }));
}

export function useCancelPack(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (change: { key: string; reason: string | null }) =>
      mustData(
        api.POST("/api/v1/service-packs/subscriptions/{pack_subscription_id}/cancel", {
          params: { path: { pack_subscription_id: id() }, header: { "Idempotency-Key": change.key } },
          body: { reason: change.reason },
        }),
      ),
    onSuccess: () => refreshPacks(cache),
  }));
}

export function useRevokeLinks(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: () =>
      mustData(
        api.POST("/api/v1/billing/invoices/{invoice_id}/links/revoke", {
          params: { path: { invoice_id: id() } },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["invoice", id(), "links"] }),
  }));
}

export function useCancelSubscription(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (change: { key: string; reason: string | null }) =>
      mustData(
        api.POST("/api/v1/subscriptions/{subscription_id}/cancel", {
          params: { path: { subscription_id: id() }, header: { "Idempotency-Key": change.key } },
          body: { reason: change.reason },
        }),
      ),
    onSuccess: () => refreshSubscription(cache, id()),
  }));
}

export function useChangeSubscription(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (change: { key: string; wanted: PlanChange; hash: string }) =>
      mustData(
        api.POST("/api/v1/subscriptions/{subscription_id}/change-plan", {
          params: { path: { subscription_id: id() }, header: { "Idempotency-Key": change.key } },
          body: { ...change.wanted, preview: false, plan_hash: change.hash },
        }),
      ),
    onSuccess: () => refreshSubscription(cache, id()),
  }));
}

/** Gives up the change that waits for the end of the period. */
export function useUndoChange(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (change: { key: string }) =>
      mustData(
        api.POST("/api/v1/subscriptions/{subscription_id}/undo-change", {
          params: { path: { subscription_id: id() }, header: { "Idempotency-Key": change.key } },
        }),
      ),
    onSuccess: () => refreshSubscription(cache, id()),
  }));
}

export function useResumeSubscription(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (change: { key: string }) =>
      mustData(
        api.POST("/api/v1/subscriptions/{subscription_id}/resume", {
          params: { path: { subscription_id: id() }, header: { "Idempotency-Key": change.key } },
        }),
      ),
    onSuccess: () => refreshSubscription(cache, id()),
  }));
}

export function useApplyCredit(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (change: { key: string }) =>
      mustData(
        api.POST("/api/v1/billing/invoices/{invoice_id}/apply-credit", {
          params: { path: { invoice_id: id() }, header: { "Idempotency-Key": change.key } },
          body: {},
        }),
      ),
    onSuccess: async () => {
      for (const key of ["invoices", "overview", "credits", "credit-balance"]) {
        void cache.invalidateQueries({ queryKey: [key] });
      }
      await cache.invalidateQueries({ queryKey: ["invoice", id()] });
    },
  }));
}

/** Pays from a stored method, or begins a checkout: then the answer says where to go. */
export function usePayInvoice(id: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (wanted: { key: string } & Schemas["PayIn"]) => {
      const { key, ...body } = wanted;
      return mustData(
        api.POST("/api/v1/billing/invoices/{invoice_id}/pay", {
          params: { path: { invoice_id: id() }, header: { "Idempotency-Key": key } },
          body,
        }),
      );
    },
    onSuccess: () => refreshPaid(cache, id()),
  }));
}

/** Pays several invoices from one stored method, one after the other, and tells what became of each. */
export function usePayInvoices() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: async (wanted: readonly { id: string; key: string; payment_method_id: string }[]) => {
      const outcomes: string[] = [];
      for (const { id, key, payment_method_id } of wanted) {
        const call = api.POST("/api/v1/billing/invoices/{invoice_id}/pay", {
          params: { path: { invoice_id: id }, header: { "Idempotency-Key": key } },
          body: { payment_method_id },
        });
        outcomes.push(
          // oxlint-disable-next-line no-await-in-loop -- One charge at a time: a card that is declined is soon blocked.
          await mustData(call).then(
            (payment) => payment.status,
            () => "refused",
          ),
        );
      }
      return outcomes;
    },
    onSettled: (_outcomes, _error, wanted) =>
      Promise.all(wanted.map(({ id }) => refreshPaid(cache, id))).then(() => undefined),
  }));
}

export function useStartMethod() {
  return useMutation(() => ({
    mutationFn: (wanted: { key: string; slug: string; returnUrl: string }) =>
      mustData(
        api.POST("/api/v1/billing/payment-providers/{slug}/setup", {
          params: { path: { slug: wanted.slug }, header: { "Idempotency-Key": wanted.key } },
          body: { return_url: wanted.returnUrl },
        }),
      ),
  }));
}

/** Keeps what the provider's page has set up. */
export function useConfirmMethod() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (wanted: { slug: string; reference: string }) =>
      mustData(
        api.POST("/api/v1/billing/payment-providers/{slug}/confirm", {
          // One setup is one method, however often its page is loaded.
          params: { path: { slug: wanted.slug }, header: { "Idempotency-Key": wanted.reference } },
          body: { reference: wanted.reference, make_default: true },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["payment-methods"] }),
  }));
}

export function useDefaultMethod() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (id: string) =>
      mustData(
        api.POST("/api/v1/billing/payment-methods/{method_id}/default", {
          params: { path: { method_id: id } },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["payment-methods"] }),
  }));
}

export function useRemoveMethod() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (id: string) =>
      mustData(
        api.DELETE("/api/v1/billing/payment-methods/{method_id}", { params: { path: { method_id: id } } }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["payment-methods"] }),
  }));
}

/** Asks about a number that is not saved yet; nothing is changed. */
export function useCheckVatNumber() {
  return useMutation(() => ({
    mutationFn: (wanted: Schemas["VatNumberIn"]) =>
      mustData(api.POST("/api/v1/billing/billing-profile/check-vat-number", { body: wanted })),
  }));
}

export function useSaveBillingProfile() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (profile: Schemas["BillingProfileIn"]) =>
      mustData(api.PUT("/api/v1/billing/billing-profile", { body: profile })),
    onSuccess: (saved) => {
      cache.setQueryData(q.billingProfile().queryKey, saved);
      for (const key of [q.vatStanding().queryKey, ["quotes"]])
        void cache.invalidateQueries({ queryKey: key });
    },
  }));
}

export function useReadNotice() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (id: string) =>
      mustData(
        api.POST("/api/v1/notifications/{notification_id}/read", {
          params: { path: { notification_id: id } },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["notices"] }),
  }));
}

export function useReadAllNotices() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: () => mustData(api.POST("/api/v1/notifications/read-all")),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["notices"] }),
  }));
}

/** Changes some of a person's preferences: the server takes all of them at once, so the others are sent as it has them. */
export function useSavePreferences() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: async (changed: Partial<Schemas["UserPreferencesOut"]>) => {
      const before = await cache.ensureQueryData(q.preferences());
      return mustData(api.PUT("/api/v1/auth/me/preferences", { body: { ...before, ...changed } }));
    },
    onSuccess: async (saved) => {
      await follow(saved);
      cache.setQueryData(q.preferences().queryKey, saved);
    },
  }));
}

export function useSaveOrganization() {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (choices: Schemas["PreferencesPatch"]) =>
      mustData(api.PATCH("/api/v1/organization", { body: choices })),
    onSuccess: (saved) => cache.setQueryData(q.organization().queryKey, saved),
  }));
}

export function useSetBudget(slug: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: (wanted: Schemas["BudgetIn"]) =>
      mustData(
        api.PUT("/api/v1/usage/by-service/{slug}/budget", {
          params: { path: { slug: slug() } },
          body: wanted,
        }),
      ),
    onSuccess: (saved) => cache.setQueryData(q.budget(slug()).queryKey, saved),
  }));
}

export function useRemoveBudget(slug: () => string) {
  const cache = useQueryClient();
  return useMutation(() => ({
    mutationFn: () =>
      mustData(api.DELETE("/api/v1/usage/by-service/{slug}/budget", { params: { path: { slug: slug() } } })),
    onSuccess: () => cache.setQueryData(q.budget(slug()).queryKey, null),
  }));
}

type Cache = ReturnType<typeof useQueryClient>;

/** A pack changes what is in it, too. */
async function refreshPacks(cache: Cache): Promise<void> {
  for (const key of ["subscriptions", "subscription", "overview", "upcoming", "services"])
    void cache.invalidateQueries({ queryKey: [key] });
  await cache.invalidateQueries({ queryKey: ["pack-subscriptions"] });
}

async function refreshPaid(cache: Cache, id: string): Promise<void> {
  for (const key of ["invoices", "overview", "subscriptions"]) {
    void cache.invalidateQueries({ queryKey: [key] });
  }
  await cache.invalidateQueries({ queryKey: ["invoice", id] });
}

/** Waits for the changed subscription, so that a dialog closes onto what it did; the rest may follow. */
async function refreshSubscription(cache: Cache, id: string): Promise<void> {
  void cache.invalidateQueries({ queryKey: ["subscriptions"] });
  void cache.invalidateQueries({ queryKey: ["overview"] });
  void cache.invalidateQueries({ queryKey: ["upcoming"] });
  await cache.invalidateQueries({ queryKey: ["subscription", id] });
}
