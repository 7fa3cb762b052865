"""Which role has which job: who does it daily, who else may, and where everybody else is refused."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from . import operator_jobs as jobs
from .operators import Crew, Operator


@dataclass(frozen=True)
class Duty:
    """A job, who does it daily and who else may, and the addresses at which everybody else is refused."""

    job: Callable[[Operator, Crew], Awaitable[None]]
    daily: str
    others: tuple[str, ...]
    refused_at: tuple[str, ...]

    @property
    def walkers(self) -> tuple[str, ...]:
        return (self.daily, *self.others)


ADA, BERT, NINA, NILS = "usr_ada", "usr_bert", "usr_nina", "usr_nils"
NOBODY = "xyz_01jd0000000000000000000000"
DUTIES = (
    Duty(
        jobs.see_what_needs_me_now, BERT, (ADA, NINA), ("/invoice/list?status=past_due", "/webhook-subscriptions/list")
    ),
    Duty(jobs.approve_a_service, ADA, (), ("/registry", f"/service/{NOBODY}/do/approve")),
    Duty(jobs.look_after_the_health_of_services, ADA, (), ("/registry", "/service/list")),
    Duty(jobs.edit_a_plan_and_see_whom_it_touches, BERT, (ADA,), (f"/plan/{NOBODY}/do/update",)),
    Duty(
        jobs.read_a_tenants_whole_story,
        NINA,
        (ADA, BERT),
        ("/audit-entry/list", f"/tenant/{NOBODY}/statement", f"/tenant/{NOBODY}/do/save_billing_profile"),
    ),
    Duty(
        jobs.order_for_a_tenant, NINA, (ADA, BERT), ("/subscription/do/create", f"/subscription/{NOBODY}/do/override")
    ),
    Duty(
        jobs.plan_compare_and_apply_a_run,
        BERT,
        (ADA, NINA),
        ("/billing-run/do/plan", f"/billing-run/{NOBODY}/do/apply", f"/subscription/{NOBODY}/do/change_plan"),
    ),
    Duty(jobs.mend_a_refused_draft, BERT, (ADA, NINA), ("/invoice/do/draft", f"/invoice/{NOBODY}/do/finalize")),
    Duty(
        jobs.credit_in_part_and_refund,
        BERT,
        (ADA, NINA),
        (f"/invoice/{NOBODY}/do/credit", f"/invoice/{NOBODY}/do/refund"),
    ),
    Duty(
        jobs.retry_and_replay_deliveries,
        BERT,
        (ADA, NINA),
        (
            "/webhook-subscriptions/do/create",
            f"/webhook-subscriptions/{NOBODY}/do/replay",
            f"/webhook-delivery/{NOBODY}/do/retry",
        ),
    ),
    Duty(
        jobs.draw_a_template,
        NINA,
        (ADA, BERT),
        ("/invoice-template/do/create", "/billing/templates/designer?name=new&type=invoice"),
    ),
    Duty(jobs.give_and_take_a_role, ADA, (NINA,), ("/user/list", f"/user/{NOBODY}/do/grant")),
    Duty(jobs.read_the_audit_log, BERT, (ADA, NINA), ("/audit-entry/list", "/audit-entry/export/csv")),
    Duty(jobs.run_a_job, ADA, (), ("/job/list", f"/job/{NOBODY}/do/run")),
    Duty(jobs.read_and_change_settings, ADA, (), ("/settings", "/settings/do/set_policy")),
    Duty(
        jobs.export_to_accounting,
        BERT,
        (ADA, NINA),
        ("/accounting-integration/do/create", f"/accounting-integration/{NOBODY}/do/sync"),
    ),
    Duty(jobs.find_by_whatever_is_at_hand, BERT, (ADA, NINA), ("/invoice/list?search=SCAI", "/payment/list?amount=10")),
    Duty(jobs.do_one_thing_to_many, BERT, (ADA, NINA), (f"/invoice/bulk/send?pk={NOBODY}",)),
    Duty(jobs.approve_anothers_change, ADA, (NINA,), (f"/change-plan/{NOBODY}/do/approve",)),
    Duty(jobs.view_as_a_tenant, NINA, (ADA, BERT), (f"/tenant/{NOBODY}/do/view_portal",)),
)
